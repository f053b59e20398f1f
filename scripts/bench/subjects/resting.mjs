// At rest: one ready sidecar and nothing to do, for ten seconds.
import { setTimeout as sleep } from "node:timers/promises";

import { freePort, inTurns } from "../machine.mjs";
import { atMost } from "../owed.mjs";
import { runPm2 } from "../pm2.mjs";
import { childrenOf, contextSwitches, memory, wakeUps } from "../processes.mjs";
import { whyMissing } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { runSupervisord } from "../supervisord.mjs";
import { tool } from "../tools.mjs";

export const name = "resting";
export const title = "At rest, with one ready server";
export const about = [
  "Wake-ups are context switches of every thread of the supervisor; memory is resident memory from `smaps_rollup`. All rest side by side in the same seconds. `sidecar` is two processes, host and guardian, forked from one program: pages that they share are counted once.",
];

const SETTLE_MS = 2_000;

export async function measure({ runs, quick }) {
  const restMs = quick ? 2_000 : 10_000;
  const rivals = [
    { what: "supervisord", missing: whyMissing("supervisor"), start: runSupervisord },
    { what: "pm2", missing: whyMissing("pm2"), start: runPm2 },
  ];
  const rounds = await inTurns(runs(4), (scope) => restTogether(scope, rivals, restMs));
  const ours = (pick) => rounds.map(({ sidecar }) => pick(sidecar));
  const theirs = (pick) =>
    rivals.map(({ what, missing }) => ({ what, missing, samples: missing ? [] : rounds.map((round) => pick(round[what])) }));
  return {
    tables: [
      {
        id: "resting-wakes",
        title: `Wake-ups in ${restMs / 1000} s`,
        unit: "wake-ups",
        scale: "linear",
        better: "less",
        glance: `Wake-ups in ${restMs / 1000} s at rest`,
        rows: [
          { what: "sidecar and guardian", ours: true, samples: ours(({ wakes }) => wakes), owed: atMost({ median: 0 }) },
          ...theirs(({ wakes }) => wakes),
        ],
      },
      {
        id: "resting-memory",
        title: "Resident memory",
        unit: "MiB",
        scale: "linear",
        better: "less",
        glance: "Resident memory at rest, headless",
        rows: [
          {
            what: "sidecar and guardian",
            ours: true,
            samples: ours(({ host, guardian }) => host.resident + guardian.own),
            owed: atMost({ median: 6 }),
          },
          { what: "of that, sidecar", ours: true, part: true, samples: ours(({ host }) => host.resident) },
          { what: "of that, the guardian's own", ours: true, part: true, samples: ours(({ guardian }) => guardian.own) },
          ...theirs(({ resident }) => resident),
        ],
      },
    ],
  };
}

async function restTogether(scope, rivals, restMs) {
  const command = async (name) => [tool("timed-server"), String(await freePort()), "0", `${scope.folder}/${name}-answers`];
  const round = { sidecar: await startSidecar(scope) };
  for (const { what, missing, start } of rivals) {
    if (!missing) round[what] = { pids: [(await start(scope, await command(what))).pid] };
  }
  await sleep(SETTLE_MS);
  const all = Object.values(round);
  const before = all.map(({ pids }) => contextSwitches(pids));
  await sleep(restMs);
  all.forEach((each, i) => (each.wakes = wakeUps(before[i], contextSwitches(each.pids))));
  for (const each of all) each.resident = memory(each.pids[0]).resident;
  const [host, guardian] = round.sidecar.pids.map(memory);
  Object.assign(round.sidecar, { host, guardian });
  return round;
}

async function startSidecar(scope) {
  const command = [tool("timed-server"), "{port}", "0", `${scope.folder}/answers-from`];
  const run = runSidecar(scope, ["--port", "auto", "--http", "/"], command);
  const { pid } = await run.event("ready");
  // Its only children are the guardian and, without one, the server.
  const guardian = childrenOf(run.pid).find((child) => child !== pid);
  if (!guardian) throw new Error("no guardian runs");
  return { pids: [run.pid, guardian] };
}
