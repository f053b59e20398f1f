// A page under a real Vite: its module is edited while the app runs, and only the module is replaced.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { createServer } from "vite";

import { cleanUp } from "../lib/cleanup.mjs";
import { useDesk } from "../lib/desk.mjs";
import { openBinary } from "../lib/example.mjs";
import { built, good } from "../lib/fake-app.mjs";
import { temporaryFolder } from "../lib/project.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();
const API = fileURLToPath(new URL("../../crates/tauri-plugin-sidecar-lifecycle/guest-js/index.ts", import.meta.url));

/** The page's module as its author writes it, in this edition. */
const module = (edition) => `
  import { Sidecar, SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";

  const { pid, run } = await SidecarLifecycle.ensureRunning("web");
  const found = await Sidecar.fromPid(pid);
  const unlisten = await SidecarLifecycle.onEvent((event) => window.heard.push([${edition}, event.event, event.sidecar]));
  window.edition = { number: ${edition}, pid, run, found: found.run };
  if (import.meta.hot) {
    import.meta.hot.accept();
    import.meta.hot.dispose(unlisten);
  }`;

test("a module that is replaced finds the same run again, and the old one hears nothing more", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "main.ts");
  writeFileSync(
    join(folder, "index.html"),
    `<!doctype html><title>Hot</title><script>window.heard = []; window.loads = Number(sessionStorage.loads ?? 0) + 1; sessionStorage.loads = window.loads;</script>
    <script type="module" src="/main.ts"></script>`,
  );
  writeFileSync(file, module(1));
  const vite = await createServer({
    root: folder,
    configFile: false,
    logLevel: "error",
    cacheDir: join(folder, ".vite"),
    resolve: { alias: { "tauri-plugin-sidecar-lifecycle-api": API } },
    // Nobody watches the files: what Vite is told below is all that it hears, and each edition comes once.
    server: { host: "127.0.0.1", port: 0, fs: { strict: false }, watch: null },
  });
  cleanUp(t, () => vite.close());
  await vite.listen();
  const { port } = vite.httpServer.address();
  const args = ["--dev-url", `http://127.0.0.1:${port}/`, "--sidecar", `web=${JSON.stringify(good)}`];
  const app = await openBinary(t, desk.display, built("fake-app"), { args });
  const edition = (number) =>
    until(`edition ${number}`, () => app.page.run("return window.edition?.number === arguments[0] && window.edition", number));

  const first = await edition(1);
  assert.equal(first.found, first.run);
  // The page's modules do not wait for the connection by which it hears of changes.
  await until("the page hears of changes", () => vite.ws.clients.size > 0);
  for (const number of [2, 3]) {
    writeFileSync(file, module(number));
    vite.watcher.emit("change", file);
    assert.deepEqual(await edition(number), { ...first, number }, "the same process, the same run");
  }
  assert.equal(await app.page.run("return window.loads"), 1, "the page was never loaded again");
  assert.equal(app.running("fake-sidecar").length, 1, "nothing was started twice");

  // One event from now on, to the newest edition alone.
  await app.page.run("heard.length = 0");
  await app.page.runAsync("const { SidecarLifecycle } = window.__TAURI__.sidecarLifecycle; return SidecarLifecycle.stop('web')");
  await until("it has stopped", () => app.page.run("return heard.some(([, event]) => event === 'stopped')"));
  const heard = await app.page.run("return heard");
  assert.deepEqual([...new Set(heard.map(([number]) => number))], [3]);
  assert.equal(heard.filter(([, event]) => event === "stopped").length, 1);
  assert.ok(!app.family().some(({ pid }) => pid === first.pid));
});
