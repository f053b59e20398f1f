// Every way out of an app on the plugin, on the real binary: no sidecar is left, and none is ended
// that should not be.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { sendSignal } from "../../scripts/lib/child.mjs";
import { cleanUp } from "../lib/cleanup.mjs";
import { deaf, good, startFakeApp } from "../lib/fake-app.mjs";
import { useDesk } from "../lib/desk.mjs";
import { lives } from "../lib/processes.mjs";
import { temporaryFolder } from "../lib/project.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();
const open = (t, options) => startFakeApp(t, desk.display, options);
const signal = (name) => (app) => process.kill(app.pid, name);

/** Ends it, and sees to it that all is gone; answers how it ended. */
async function endBy(app, end) {
  assert.ok(app.family().length >= 2, "the app and its sidecar, at the least");
  await end(app);
  const ended = await app.ended();
  await app.gone();
  return ended;
}

const ENDINGS = [
  { name: "the last window is closed", end: (app) => app.close("main"), code: 0 },
  { name: "app.exit", end: (app) => app.order("exit 3"), code: 3 },
  { name: "the updater", end: (app) => app.order("update"), code: 0, silent: true },
  { name: "SIGTERM", end: signal("SIGTERM"), code: 0 },
  { name: "SIGINT", end: signal("SIGINT"), code: 0 },
  { name: "SIGHUP", end: signal("SIGHUP"), code: 0 },
];

for (const { name, end, code, silent } of ENDINGS) {
  test(`${name}: the sidecars are asked, and gone before the app is`, async (t) => {
    const app = await open(t);
    const sidecars = app.sidecars();
    assert.equal(sidecars.length, 1);
    const ended = await endBy(app, async (app) => {
      await end(app);
      await app.ended();
      // Not by the guardian, which comes after the app.
      assert.deepEqual(sidecars.filter(lives), []);
    });
    assert.deepEqual(ended, { code, signal: null });
    const [stopped] = app.all("stopped");
    assert.equal(stopped.survivors, 0);
    assert.equal(app.all("exited")[0].asked, true);
    // The app's own hooks have run too.
    if (!silent) assert.equal(app.all("exit").length, 1);
  });
}

/** What a plugin's own hooks were told of, and with which code. */
const heardBy = (app, who) => app.all("hook", { of: who }).map(({ hears, code }) => (hears === "exit" ? hears : code));

test("hooks of other plugins and of the app run beside an exit that is held back, and at its end", async (t) => {
  const app = await open(t);
  assert.deepEqual(await endBy(app, (app) => app.order("exit 3")), { code: 3, signal: null });
  // Once when it is held back, and again when the sidecars are down.
  for (const plugin of ["before", "behind"]) assert.deepEqual(heardBy(app, plugin), [3, 3, "exit"], plugin);
  assert.deepEqual(app.all("exit_requested").map(({ code }) => code), [3, 3]);
  assert.equal(app.all("exit").length, 1);
});

test("they run once where nothing is held back", async (t) => {
  const app = await open(t);
  await endBy(app, (app) => app.close("main"));
  for (const plugin of ["before", "behind"]) assert.deepEqual(heardBy(app, plugin), [null, "exit"], plugin);
});

const CRASHES = [
  { name: "SIGKILL", end: signal("SIGKILL"), signal: "SIGKILL" },
  { name: "an abort", end: (app) => app.order("abort"), signal: "SIGABRT" },
];

for (const { name, end, signal } of CRASHES) {
  test(`${name}: the guardian ends the sidecars, deaf ones too`, async (t) => {
    const app = await open(t, { sidecars: { web: good, deaf: deaf("200ms") } });
    const ended = await endBy(app, end);
    assert.equal(ended.signal, signal);
  });
}

test("a panic on the main thread leaves nothing", async (t) => {
  const app = await open(t);
  const { code } = await endBy(app, (app) => app.order("panic-on-main"));
  assert.notEqual(code, 0);
  assert.match(app.errors, /on the main thread/);
});

test("a panic on another thread ends nothing", async (t) => {
  const app = await open(t);
  app.order("panic");
  await until("it has panicked", () => /on a thread/.test(app.errors));
  await app.paints();
  assert.equal(app.sidecars().length, 1);
  assert.deepEqual(await endBy(app, (app) => app.close("main")), { code: 0, signal: null });
});

for (const order of ["restart", "restart-on-main"]) {
  test(`${order}: the new instance comes up, and the old one has left nothing`, async (t) => {
    const app = await open(t, { sidecars: { web: good, deaf: deaf("200ms") } });
    const family = app.family();
    const old = app.sidecars();
    app.order(order);
    const { pid } = await app.heard("up", {}, 2);
    assert.notEqual(pid, app.pid);
    // They were gone before it came.
    assert.deepEqual(old.filter(lives), []);
    await app.ended();
    await app.heard("ready", { sidecar: "web" }, 2);
    await app.heard("ready", { sidecar: "deaf" }, 2);
    await until("its guardian is gone too", () => !family.some(lives));
    assert.equal(app.all("cleaned").length, 0, "and there was nothing to clean");
    process.kill(pid, "SIGTERM");
    await app.gone();
  });
}

test("closing one of two windows ends nothing, and closing the other ends all", async (t) => {
  const app = await open(t, { windows: ["main", "second"] });
  const before = app.sidecars();
  await app.close("second");
  await app.heard("destroyed", { window: "second" });
  await app.paints();
  assert.deepEqual(app.sidecars(), before);
  assert.equal(app.all("stopping").length, 0);
  assert.deepEqual(await endBy(app, (app) => app.close("main")), { code: 0, signal: null });
});

test("an app that lives on without a window keeps its sidecars as they are", async (t) => {
  const app = await open(t);
  const before = app.sidecars();
  app.order("prevent all");
  await app.paints(); // It has taken the order: the window is closed by way of the display.
  await app.close("main");
  await app.heard("exit_requested", { code: null });
  await app.paints();
  assert.deepEqual(app.sidecars(), before);
  assert.equal(app.all("stopping").length, 0);
  app.order("prevent none");
  assert.deepEqual(await endBy(app, (app) => app.order("exit 0")), { code: 0, signal: null });
});

test("the sidecars that were stopped for an exit come back when the app prevents it", async (t) => {
  const down = { ...good };
  const app = await open(t, { sidecars: { web: good, down } });
  const before = app.sidecars();
  app.order("prevent all");
  app.order("exit 0");
  await app.heard("exit_requested", { code: 0 }, 2);
  await app.heard("ready", { sidecar: "web" }, 2);
  await app.heard("ready", { sidecar: "down" }, 2);
  assert.deepEqual(before.filter(lives), []);
  await app.paints();
  // And again: the first time has left nothing behind that would be in the way.
  app.order("prevent none");
  assert.deepEqual(await endBy(app, (app) => app.order("exit 4")), { code: 4, signal: null });
});

test("with `hold_exit(false)` an exit that is prevented ends nothing", async (t) => {
  const app = await open(t, { args: ["--no-hold"] });
  const before = app.sidecars();
  app.order("prevent all");
  app.order("exit 0");
  await app.heard("exit_requested", { code: 0 });
  await app.paints();
  assert.deepEqual(app.sidecars(), before);
  assert.equal(app.all("stopping").length, 0);
  app.order("prevent none");
  assert.deepEqual(await endBy(app, (app) => app.order("exit 5")), { code: 5, signal: null });
});

test("a sidecar that is to outlive the app does, and the next launch looks after it again", async (t) => {
  const log = join(temporaryFolder(t), "log");
  const sidecars = { web: good, db: { ...good, leftovers: "adopt", logFile: log } };
  const first = await open(t, { sidecars });
  const [web] = first.all("spawned", { sidecar: "web" });
  const { pid } = await first.heard("spawned", { sidecar: "db" });
  const db = first.sidecars().find((process) => process.pid === pid);
  first.spare(db);
  cleanUp(t, () => lives(db) && sendSignal(pid, "SIGKILL"));
  first.order("exit 0");
  assert.deepEqual(await first.ended(), { code: 0, signal: null });
  assert.ok(lives(db), "it was left alone");
  assert.equal(first.all("stopped", { sidecar: "web" })[0].run, web.run, "and the other was ended");
  const second = await open(t, { sidecars, user: first.user });
  await second.heard("adopted", { sidecar: "db", pid });
  second.order("stop db");
  await second.heard("stopped", { sidecar: "db" });
  assert.ok(!lives(db));
  assert.deepEqual(await endBy(second, (app) => app.close("main")), { code: 0, signal: null });
});

test("the window goes on painting while an exit waits, which is no longer than the slowest grace", async (t) => {
  const app = await open(t, { sidecars: { one: deaf("10s"), two: deaf("10s") } });
  const began = performance.now();
  app.order("exit 0");
  await app.heard("stopping", { sidecar: "one" });
  await app.heard("stopping", { sidecar: "two" });
  await app.paints();
  assert.equal(app.all("stopped").length, 0, "it was painted before they were gone, and both were asked by then");
  await app.ended();
  const took = performance.now() - began;
  assert.ok(took >= 10_000, `${took} ms: they had their grace`);
  await app.gone();
});

test("whoever asks twice does not wait for a grace", async (t) => {
  const app = await open(t, { sidecars: { deaf: deaf("10m") } });
  process.kill(app.pid, "SIGTERM");
  await app.heard("stopping", { sidecar: "deaf" });
  assert.deepEqual(await endBy(app, signal("SIGTERM")), { code: 130, signal: null });
});

test("with `handle_signals(false)` a signal is the app's own matter", async (t) => {
  const app = await open(t, { args: ["--no-signals"] });
  assert.deepEqual(await endBy(app, signal("SIGTERM")), { code: null, signal: "SIGTERM" });
  assert.equal(app.all("stopping").length, 0, "it was the guardian");
});
