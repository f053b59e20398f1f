// At rest: one ready sidecar and nothing to do, for ten seconds.
import { setTimeout as sleep } from "node:timers/promises";

import { freePort, inScope } from "../machine.mjs";
import { runPm2 } from "../pm2.mjs";
import { childrenOf, contextSwitches, memory, wakeUps } from "../processes.mjs";
import { whyMissing } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { runSupervisord } from "../supervisord.mjs";
import { tool } from "../tools.mjs";

export const name = "resting";

const SETTLE_MS = 2_000;
const REST_MS = 10_000;

export async function measure({ runs }) {
  const own = await repeat(runs(3), ofSidecar);
  const rows = [
    {
      what: "sidecar and guardian: wake-ups",
      samples: own.map(({ wakes }) => wakes),
      owed: { text: "0", holds: ({ median }) => median === 0 },
    },
    {
      what: "sidecar and guardian: MiB, shared pages counted once",
      samples: own.map(({ host, guardian }) => host.resident + guardian.own),
      owed: { text: "≤ 6", holds: ({ median }) => median <= 6 },
    },
    { what: "  sidecar: MiB resident", samples: own.map(({ host }) => host.resident) },
    { what: "  guardian: MiB resident", samples: own.map(({ guardian }) => guardian.resident) },
    { what: "  guardian: MiB that are its own", samples: own.map(({ guardian }) => guardian.own) },
  ];
  for (const [what, rival, start] of [
    ["supervisord", "supervisor", runSupervisord],
    ["pm2", "pm2", runPm2],
  ]) {
    const missing = whyMissing(rival);
    const theirs = missing ? [] : [await inScope((scope) => ofRival(scope, start))];
    rows.push({ what: `${what}: wake-ups`, missing, samples: theirs.map(({ wakes }) => wakes) });
    rows.push({ what: `${what}: MiB resident`, missing, samples: theirs.map(({ resident }) => resident) });
  }
  return { title: `At rest, one ready sidecar, ${REST_MS / 1000} s`, unit: "", rows };
}

async function repeat(runs, way) {
  const outcomes = [];
  for (let run = 0; run < runs; run++) outcomes.push(await inScope(way));
  return outcomes;
}

async function ofSidecar(scope) {
  const command = [tool("timed-server"), "{port}", "0", `${scope.folder}/answers-from`];
  const run = runSidecar(scope, ["--port", "auto", "--http", "/"], command);
  const { pid } = await run.event("ready");
  // Its only children are the guardian and, without one, the server.
  const guardian = childrenOf(run.pid).find((child) => child !== pid);
  if (!guardian) throw new Error("no guardian runs");
  const wakes = await rest([run.pid, guardian]);
  return { wakes, host: memory(run.pid), guardian: memory(guardian) };
}

async function ofRival(scope, start) {
  const port = String(await freePort());
  const host = await start(scope, [tool("timed-server"), port, "0", `${scope.folder}/answers-from`]);
  const wakes = await rest([host.pid]);
  return { wakes, resident: memory(host.pid).resident };
}

async function rest(pids) {
  await sleep(SETTLE_MS);
  const before = contextSwitches(pids);
  await sleep(REST_MS);
  return wakeUps(before, contextSwitches(pids));
}
