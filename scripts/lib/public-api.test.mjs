// Every public item says what it is, shows how it is used, and names its errors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { missing, publicItems, rustdocOf } from "./public-api.mjs";

/** The published libraries, with some items of each that have to be found, lest others be missed too. */
const LIBRARIES = {
  "sidecar-lifecycle": [
    "sidecar_lifecycle::Engine::start",
    "sidecar_lifecycle::core::Fleet",
    "sidecar_lifecycle::ports",
  ],
  "tauri-plugin-sidecar-lifecycle": [
    "tauri_plugin_sidecar_lifecycle::Builder::hold_exit",
    "tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt::sidecar_lifecycle",
    "tauri_plugin_sidecar_lifecycle::init",
  ],
};

const skip = process.platform === "win32" && "cargo starts no script as its rustdoc there";

for (const [crate, known] of Object.entries(LIBRARIES)) {
  test(`every public item of ${crate} has a sentence, an example and its errors`, { skip }, () => {
    const items = publicItems(rustdocOf(crate));
    const paths = items.map((item) => item.path);
    for (const path of known) assert.ok(paths.includes(path), `${path} was not found`);
    const bare = items.filter((item) => missing(item).length > 0);
    assert.deepEqual(bare.map((item) => `${item.path} lacks ${missing(item).join(" and ")}`), []);
  });
}
