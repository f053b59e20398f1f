// What an app has left running on purpose, after a kill of it and after its next launch.
import assert from "node:assert/strict";
import { test } from "node:test";

import { run, sendSignal } from "../../scripts/lib/child.mjs";
import { cleanUp } from "../lib/cleanup.mjs";
import { built, good, startFakeApp } from "../lib/fake-app.mjs";
import { useDesk } from "../lib/desk.mjs";
import { lives, processes } from "../lib/processes.mjs";

const desk = useDesk();

/** As in `tauri.conf.json`; a relative `logFile` lies in the app's local data. */
const section = {
  sidecars: {
    ended: good,
    kept: { ...good, leftovers: "keep", logFile: "kept.log" },
    adopted: { ...good, leftovers: "adopt", logFile: "adopted.log" },
  },
};

/** What `sidecar ps` says of a process. */
async function listed({ pid }) {
  const all = JSON.parse(await run(built("sidecar"), ["ps", "--json"]));
  const { sidecar, status, leftovers } = all.find((row) => row.pid === pid) ?? {};
  return { sidecar, status, leftovers };
}

test("a killed app's sidecars are ended, kept or adopted, as each is configured", async (t) => {
  const open = (user) => startFakeApp(t, desk.display, { section, user });
  const first = await open();
  const leader = (app, sidecar) => {
    const [{ pid }] = app.all("spawned", { sidecar });
    return processes().find((process) => process.pid === pid);
  };
  const [ended, kept, adopted] = ["ended", "kept", "adopted"].map((id) => leader(first, id));
  for (const outlives of [kept, adopted]) {
    first.spare(outlives);
    cleanUp(t, () => lives(outlives) && sendSignal(outlives.pid, "SIGKILL"));
  }
  process.kill(first.pid, "SIGKILL");
  await first.ended();
  await first.gone();
  assert.deepEqual([ended, kept, adopted].map(lives), [false, true, true]);
  assert.deepEqual(await listed(kept), { sidecar: "kept", status: "left_behind", leftovers: "keep" });
  assert.deepEqual(await listed(adopted), { sidecar: "adopted", status: "left_behind", leftovers: "adopt" });

  const second = await open(first.user);
  await second.heard("adopted", { sidecar: "adopted", pid: adopted.pid });
  const fresh = second.all("spawned").map(({ sidecar }) => sidecar);
  assert.deepEqual(fresh.sort(), ["ended", "kept"], "one is begun beside the kept one, none for the adopted one");
  // Told of before an app can listen, and counted.
  second.order("count");
  const { sidecars } = await second.heard("counted");
  const counted = ["ended", "kept", "adopted"].map((id) => [sidecars[id].kept, sidecars[id].cleaned]);
  assert.deepEqual(counted, [[0, 0], [1, 0], [0, 0]]);
  assert.deepEqual(await listed(kept), { sidecar: "kept", status: "left_behind", leftovers: "keep" });
  assert.deepEqual(await listed(adopted), { sidecar: "adopted", status: "running", leftovers: "adopt" });

  for (const id of ["kept", "adopted"]) {
    second.order("stop", id);
    await second.heard("stopped", { sidecar: id });
  }
  assert.deepEqual([kept, adopted].map(lives), [true, false], "a stop is about one's own");
  await second.close("main");
  assert.deepEqual(await second.ended(), { code: 0, signal: null });
  assert.ok(lives(kept), "it is nobody's");
});
