// Two services in a real window: the api is replaced under a constant load, and nothing is lost.
import assert from "node:assert/strict";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { openExample } from "../lib/example.mjs";
import { commandLine } from "../lib/processes.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();
const ROLLS = 3;
const REQUESTS = 1_000;
/** A loaded machine sends them more slowly. */
const SENT_MS = 120_000;

/** What the page shows. */
const look = (app) =>
  app.page.run(`
    const text = (id) => document.getElementById(id).textContent;
    const cells = (row) => [...row.cells].map((cell) => cell.textContent);
    return {
      sent: Number(text("sent")),
      answered: Number(text("answered")),
      failed: Number(text("failed")),
      gateway: text("gateway-facts"),
      runs: [...document.querySelectorAll("#runs .run")].map((run) => run.textContent),
      rows: [...document.getElementById("replacements").rows].map(cells),
      error: text("error"),
      canRoll: !document.getElementById("roll").disabled,
    };`);

/** Opens the example and waits until its requests are answered. */
async function open(t) {
  const app = await openExample(t, desk.display, "two-services");
  await until("requests are answered", async () => {
    const { answered, canRoll } = await look(app);
    return answered > 10 && canRoll;
  });
  return app;
}

/** Presses a button and waits for its row in the table. */
async function replace(app, button) {
  const before = await look(app);
  await app.page.click(button);
  return until(`${button} is over`, async () => {
    const now = await look(app);
    assert.equal(now.error, "");
    return now.rows.length > before.rows.length && now.canRoll && now;
  });
}

/** Chooses a load as a user does. */
const setLoad = (app, perSecond) =>
  app.page.run(
    `const rate = document.getElementById("rate");
     rate.value = arguments[0];
     rate.dispatchEvent(new Event("change"));`,
    String(perSecond),
  );

const pidsOf = (app, file) =>
  app.family().filter((one) => commandLine(one).some((word) => word.endsWith(file))).map(({ pid }) => pid);

test("three rolls under load lose none of a thousand requests", async (t) => {
  const app = await open(t);
  await setLoad(app, 200);
  const gateway = pidsOf(app, "gateway.mjs");
  const seen = new Set(pidsOf(app, "api.mjs"));
  for (let n = 1; n <= ROLLS; n++) {
    const { rows, runs } = await replace(app, "#roll");
    const [what, , meanwhile, failed] = rows[0];
    assert.match(what, /^Roll to run \d+$/);
    assert.ok(Number(meanwhile) > 0, "there was a load");
    assert.equal(failed, "0");
    assert.equal(runs.length, 1, "the old run is gone");
    const [pid, ...others] = pidsOf(app, "api.mjs");
    assert.deepEqual(others, []);
    assert.ok(!seen.has(pid), "it is another process");
    seen.add(pid);
    if (n === 2) await app.picture("two-services");
  }
  await until(`${REQUESTS} requests`, async () => (await look(app)).sent >= REQUESTS, SENT_MS);
  await app.page.click("#pause");
  const end = await until("all are over", async () => {
    const now = await look(app);
    return now.sent === now.answered + now.failed && now;
  }, SENT_MS);
  assert.equal(end.failed, 0);
  assert.ok(end.answered >= REQUESTS);
  assert.deepEqual(pidsOf(app, "gateway.mjs"), gateway, "the gateway was not touched");
  t.diagnostic(`${ROLLS} rolls, ${end.answered} answered, ${end.failed} failed`);
});

test("a restart loses what a roll does not, and the gateway finds the new run", async (t) => {
  const app = await open(t);
  const { rows } = await replace(app, "#restart");
  const [what, , , failed] = rows[0];
  assert.match(what, /^Restart to run \d+$/);
  assert.ok(Number(failed) > 0, "nobody answered for a while");
  await app.picture("two-services-restarted");
  const { rows: both } = await replace(app, "#roll");
  assert.equal(both[0][3], "0");
});

test("when the window is closed in the middle of a roll, nothing is left", async (t) => {
  const app = await open(t);
  // A gateway that stands still does not take the hand-over: the roll is in its middle for as long
  // as the app waits for that. Its end is by force, as it hears of no other.
  const [gateway] = pidsOf(app, "gateway.mjs");
  process.kill(gateway, "SIGSTOP");
  await app.page.click("#roll");
  await until("two runs of the api", () => pidsOf(app, "api.mjs").length === 2);
  await app.close(await app.window("Two services"));
  await app.gone();
});
