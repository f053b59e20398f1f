// Every public item says what it is, shows how it is used, and names its errors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { missing, publicItems, rustdocOf } from "./public-api.mjs";

test("every public item of the engine has a sentence, an example and its errors", () => {
  const items = publicItems(rustdocOf("sidecar-lifecycle"));
  const paths = items.map((item) => item.path);
  for (const known of ["sidecar_lifecycle::Engine::start", "sidecar_lifecycle::core::Fleet", "sidecar_lifecycle::ports"]) {
    assert.ok(paths.includes(known), `${known} was not found, so others may be missed too`);
  }
  const bare = items.filter((item) => missing(item).length > 0);
  assert.deepEqual(bare.map((item) => `${item.path} lacks ${missing(item).join(" and ")}`), []);
});
