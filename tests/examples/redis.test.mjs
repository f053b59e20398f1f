// A database that outlives its own death: a real window, a real Redis, a real kill -9.
import assert from "node:assert/strict";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { openExample } from "../lib/example.mjs";

const desk = useDesk();

test("the page is the example's own", async (t) => {
  const app = await openExample(t, desk.display, "redis");
  assert.equal(await app.page.text("h1"), "Logbook");
  await app.picture("redis");
  await app.end();
});
