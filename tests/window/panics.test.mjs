// A panic of Berth's own: on the main thread it is the end, on another one it is told of.
// What it takes is real: a system that has no thread left.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { isRunning, run } from "../../scripts/lib/child.mjs";
import { useDesk } from "../lib/desk.mjs";
import { makeProject, temporaryFolder } from "../lib/project.mjs";
import { until } from "../lib/wait.mjs";
import { giveFocus, pressKeys } from "../lib/xdotool.mjs";

const SOURCE = fileURLToPath(new URL("../fixtures/no-threads.c", import.meta.url));
const desk = useDesk();

/** Opens a project; `app.takeThreads()` has the system refuse it any more threads, `giveThreads()` no longer. */
async function open(t, project) {
  const folder = temporaryFolder(t);
  const [library, taken] = [join(folder, "no-threads.so"), join(folder, "taken")];
  await run("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE, "-ldl"]);
  const app = await desk.open(t, project, { driven: false, env: { LD_PRELOAD: library, NO_THREADS: taken } });
  app.takeThreads = () => writeFileSync(taken, "");
  app.giveThreads = () => rmSync(taken);
  return app;
}

const log = (app) => app.user.read(app.project, ".tauri-log");

/** The server dies in use, and the one in its place takes its time: Retry is there meanwhile. */
async function losesItsServer(app) {
  await app.shown();
  app.project.wish({ deaf: true });
  await app.project.die(7);
}

test("a panic on the main thread ends it, and leaves no process and no held port", async (t) => {
  const project = await makeProject(t);
  const app = await open(t, project);
  await losesItsServer(app);
  await until("Retry is offered, and the next server runs", () => app.output.includes("trouble shown") && project.starts().length === 2);
  const family = app.family();
  assert.ok(family.some(({ pid }) => pid === project.starts()[1]));
  await giveFocus(app.display, await app.window());
  app.takeThreads();
  // Retry has the focus a moment after its page was shown: a key that comes earlier is lost.
  const { code, signal } = await until("Retry is pressed, and it ends", async () => {
    if (!isRunning(app.child)) return app.ended();
    await pressKeys(app.display, "Return");
  });
  assert.ok(signal === "SIGABRT" || code === 101, `it ended by ${signal ?? code}`);
  assert.match(log(app), /error: panic: panicked at .*failed to spawn thread/);
  await app.gone({ family });
});

test("a panic on another thread is told of, and the window still closes with nothing left", async (t) => {
  const project = await makeProject(t);
  const app = await open(t, project);
  await app.shown();
  app.takeThreads();
  await project.die(7);
  await until("the panic is told of", () => /error: panic: panicked at .*failed to spawn thread/.test(log(app)));
  app.giveThreads();
  assert.ok(isRunning(app.child));
  const family = app.family();
  await app.close();
  assert.deepEqual(await app.ended(), { code: 0, signal: null });
  await app.gone({ family });
});
