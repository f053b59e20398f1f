// A Next.js project run by npm: a server of several processes, whose first page takes its time.
import assert from "node:assert/strict";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { copyProject, npmInstall, READY_MS } from "../lib/real-project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();

test("a Next.js project is shown alive and closed clean", async (t) => {
  const user = makeUser(t);
  const project = await copyProject(t, "tests/projects/next-app");
  await npmInstall(project);
  const app = await desk.open(t, project, { user });
  await app.shown(1, READY_MS);
  await until("the page is alive", async () => (await app.page.text("h1")) === "The page is alive");
  assert.equal(await app.page.url(), `http://localhost:${project.port}/`);
  await app.picture("next");

  const family = app.family();
  assert.ok(family.length > 5, "npm, next and its workers");
  await app.press("alt+F4");
  await app.gone({ family });
  assert.match(user.read(project, ".tauri-log"), /stopped after \d+ ms, nothing left/);
});
