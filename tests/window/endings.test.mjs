// However the app ends: no process and no held port is left.
import assert from "node:assert/strict";
import { copyFileSync, chmodSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { sendSignal } from "../../scripts/lib/child.mjs";
import { startDisplay } from "../../scripts/lib/display.mjs";
import { openApp } from "../lib/app.mjs";
import { cleanUp } from "../lib/cleanup.mjs";
import { useDesk } from "../lib/desk.mjs";
import { hasMarker, isHeld, lives, processes } from "../lib/processes.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();
const signal = (name) => (app) => process.kill(app.pid, name);

const ENDINGS = [
  { name: "closing the window", end: (app) => app.press("alt+F4"), code: 0 },
  { name: "Quit by its key", end: (app) => app.press("ctrl+q"), code: 0 },
  { name: "SIGTERM", end: signal("SIGTERM"), code: 0 },
  { name: "SIGINT", end: signal("SIGINT"), code: 0 },
  { name: "SIGHUP", end: signal("SIGHUP"), code: 0 },
  { name: "SIGKILL", end: signal("SIGKILL"), code: null },
  // What a panic in a callback of the toolkit comes to.
  { name: "SIGABRT", end: signal("SIGABRT"), code: null },
];

for (const { name, end, code } of ENDINGS) {
  test(`${name} leaves no process and no held port`, async (t) => {
    const project = await makeProject(t, { npm: true });
    const app = await desk.open(t, project, { driven: false });
    await app.shown();
    const family = app.family();
    const server = family.find(({ pid }) => pid === project.starts()[0]);
    assert.ok(server && hasMarker(server), "the server is known and carries the marker");
    assert.ok(isHeld(project.port));
    await end(app);
    await app.gone({ family });
    const ended = await app.ended();
    assert.equal(ended.code, code);
    const left = processes().filter((process) => lives(process) && hasMarker(process) && app.isOf(process));
    assert.deepEqual(left, []);
    if (code === 0) assert.match(app.user.read(project, ".tauri-log"), /stopped after \d+ ms, nothing left/);
  });
}

test("a server that ignores SIGTERM is gone after the grace, even when the app is killed", async (t) => {
  const project = await makeProject(t, { npm: true, wish: { stubborn: true } });
  const app = await desk.open(t, project, { driven: false });
  await app.shown();
  const family = app.family();
  process.kill(app.pid, "SIGKILL");
  await app.gone({ family });
});

test("closing the window while the server is still starting leaves nothing", async (t) => {
  const project = await makeProject(t, { npm: true, wish: { deaf: true, lines: ["starting"] } });
  const app = await desk.open(t, project, { driven: false });
  await until("it was started", () => project.starts().length === 1);
  const family = app.family();
  await app.press("alt+F4");
  await app.gone({ family });
});

test("an editor that the dev server opened lives on", async (t) => {
  const project = await makeProject(t, { wish: { editor: "./code" } });
  copyFileSync("/usr/bin/sleep", project.path("code"));
  chmodSync(project.path("code"), 0o755);
  const app = await desk.open(t, project, { driven: false });
  await app.shown();
  const editor = Number(readFileSync(project.path("editor.pid"), "utf8"));
  const self = processes().find(({ pid }) => pid === editor);
  assert.ok(self && lives(self));
  cleanUp(t, () => lives(self) && sendSignal(editor, "SIGKILL"));
  const family = app.family();
  await app.press("alt+F4");
  await app.gone({ family, spared: [editor] });
  assert.ok(lives(self), "the editor is not ours to end");
  process.kill(editor, "SIGKILL");
});

test("a closed terminal ends it as SIGHUP does", async (t) => {
  const project = await makeProject(t, { npm: true });
  const app = await desk.open(t, project, { terminal: true });
  await app.shown();
  const family = app.family();
  // The terminal's other side is gone, as when its window is closed.
  process.kill(app.child.pid, "SIGKILL");
  await app.gone({ family });
  assert.match(app.user.read(project, ".tauri-log"), /asked to end by SIGHUP/);
  assert.match(app.user.read(project, ".tauri-log"), /stopped after \d+ ms, nothing left/);
});

test("the end of the display, as at a logout, leaves nothing", async (t) => {
  const project = await makeProject(t, { npm: true });
  const display = await startDisplay();
  cleanUp(t, () => display.stop());
  const app = await openApp(t, display, project, { user: makeUser(t), driven: false });
  await app.shown();
  const family = app.family();
  await display.stop();
  await app.gone({ family });
});

test("without a display it says so, and leaves nothing of the server that was on its way", async (t) => {
  const project = await makeProject(t, { npm: true });
  const app = await desk.open(t, project, { driven: false, env: { DISPLAY: ":9999" } });
  assert.deepEqual(await app.ended(), { code: 1, signal: null });
  assert.match(app.output, /^berth: there is no display/m);
  assert.doesNotMatch(app.output, /panicked/);
  // Its guardian outlives it for a moment, to see to just that.
  await app.gone();
  const left = processes().filter((process) => lives(process) && app.isOf(process));
  assert.deepEqual(left, []);
});

test("it goes on when nobody reads what it prints", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project, { driven: false });
  await app.shown();
  const log = () => app.user.read(project, ".tauri-log");
  app.child.stdout.destroy();
  app.child.stderr.destroy();
  await app.press("ctrl+r");
  await until("the page is shown again", () => log().match(/page shown/g)?.length === 2);
  await app.press("ctrl+shift+r");
  await until("the server is started again", () => project.starts().length === 2);
  await until("and its page is shown", () => log().match(/page shown/g)?.length === 3);
  assert.doesNotMatch(log(), /panic/);
});
