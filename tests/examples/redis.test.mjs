// A database that outlives its own death: a real window, a real Redis, real SIGKILLs.
import assert from "node:assert/strict";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { openExample } from "../lib/example.mjs";
import { isHeld, listenersOn } from "../lib/processes.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();
const ENTRIES = ["Left the harbour at first light", "Wind from the north, four", "Saw the lighthouse"];

test("what was written is there after a kill -9 of the server, a reload and a restart of the app", async (t) => {
  const user = makeUser(t);
  const app = await openLogbook(t, { user });
  const { port, pid } = await running(app);
  assert.deepEqual(listenersOn(port).map((one) => one.pid), [pid]);
  for (const entry of ENTRIES) await write(app, entry);
  await app.picture("redis-light");

  await app.page.click("#kill");
  const second = await running(app, { not: pid });
  assert.equal(second.restarts, "1");
  assert.deepEqual(await entries(app), ENTRIES.toReversed());
  // The page tells of it when it hears of it, which may be after it has asked and shown who runs.
  const told = await until("it is told that it is back", async () => {
    const all = await app.page.text("#events");
    return /Back after [\d.]+ m?s/.test(all) && all;
  });
  assert.match(told, /Crash 1 of 5: /);

  // An entry that is written while there is no server waits for the next one.
  process.kill(second.pid, "SIGKILL");
  await until("it is gone", () => !listenersOn(second.port).some(({ pid }) => pid === second.pid));
  await write(app, "Reefed the mainsail");
  const third = await running(app, { not: second.pid });
  assert.equal(third.restarts, "2");
  await app.picture("redis-killed-light");

  await app.page.run("window.isOld = true");
  await app.page.reload();
  assert.equal(await app.page.run("return window.isOld === undefined"), true, "the page is a new one");
  assert.deepEqual(await running(app), third, "a new page finds the same server");
  await until("its entries", async () => (await entries(app)).length === 4);
  assert.equal(app.running("redis-server").length, 1);

  const family = app.family();
  await app.close(await app.window("Logbook"));
  await app.gone({ family, ports: [third.port] });

  const again = await openLogbook(t, { user, env: { GTK_THEME: "Adwaita:dark" } });
  const fourth = await running(again);
  await until("the entries of the last time", async () => (await entries(again)).length === 4);
  assert.deepEqual(await entries(again), [...ENTRIES, "Reefed the mainsail"].toReversed());
  await again.page.click(".note button");
  await until("one less", async () => (await entries(again)).length === 3);
  await again.picture("redis-dark");
  await again.resize(await again.window("Logbook"), 420, 780);
  await again.picture("redis-narrow-dark");
  await again.end({ ports: [fourth.port] });
  assert.ok(!isHeld(fourth.port));
});

test("an app that is killed leaves no server, and the entries are there the next time", async (t) => {
  const user = makeUser(t);
  const app = await openLogbook(t, { user });
  const { port } = await running(app);
  await write(app, ENTRIES[0]);
  await app.end({ signal: "SIGKILL", ports: [port] });

  const again = await openLogbook(t, { user });
  await running(again);
  await until("the entry of the last time", async () => (await entries(again)).length === 1);
  assert.deepEqual(await entries(again), [ENTRIES[0]]);
});

function openLogbook(t, options) {
  return openExample(t, desk.display, "redis", options);
}

/** Waits until the page says that a server runs, and not the one with the pid `not`. */
async function running(app, { not } = {}) {
  const look = () =>
    app.page.run(`
      const text = (id) => document.getElementById(id).textContent;
      return { state: text("state"), port: Number(text("port")), pid: Number(text("pid")), restarts: text("restarts") };`);
  const found = await until(`a server runs; it printed: ${app.output}`, async () => {
    const seen = await look();
    return seen.state === "Ready" && seen.pid > 0 && seen.pid !== not ? seen : undefined;
  });
  // Redis wipes its environment: by its port it is known to be this one.
  await until("it listens", () => listenersOn(found.port).some(({ pid }) => pid === found.pid));
  return found;
}

/** Writes an entry as a user does, and waits until it is shown. */
async function write(app, entry) {
  await app.page.type("#text", entry);
  await app.page.click("#add button");
  await until("the entry, or why there is none", async () => {
    assert.equal(await app.page.text("#trouble"), "");
    return (await entries(app))[0] === entry;
  });
  assert.equal(await app.page.text("#trouble"), "");
}

/** What the page shows, newest first. */
function entries(app) {
  return app.page.run("return [...document.querySelectorAll('#notes p')].map((p) => p.textContent)");
}
