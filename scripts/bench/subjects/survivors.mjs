// What is left when the host is killed by SIGKILL: a leader, two children and
// two escapees, all of which ignore SIGTERM.
import { join } from "node:path";

import { binary, inScope, now, until } from "../machine.mjs";
import { runPm2 } from "../pm2.mjs";
import { family, isAlive, killAll, watchGone } from "../processes.mjs";
import { inPackage, whyMissing } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { runSupervisord } from "../supervisord.mjs";

export const name = "survivors";

const GRACE_MS = 100;
/** Who is still there by then has been left behind. */
const PATIENCE_MS = 3000;

const tree = (pidfile) => [
  ...[binary("fake-sidecar"), "--no-listen", "--pidfile", pidfile, "--max-life", "2m"],
  ...["--fork", "2", "--setsid", "--double-fork", "--ignore-term", "--escapee-ignores-term"],
];

export async function measure({ runs }) {
  const hosts = [
    ["sidecar", null, runs(40), startSidecar],
    ["supervisord", "supervisor", runs(3), startSupervisord],
    ["pm2", "pm2", runs(3), startPm2],
    ["concurrently", "concurrently", runs(3), startConcurrently],
  ];
  const counts = [];
  const times = [];
  for (const [what, rival, many, start] of hosts) {
    const missing = rival && whyMissing(rival);
    const outcomes = [];
    for (let run = 0; run < (missing ? 0 : many); run++) outcomes.push(await inScope((scope) => killHost(scope, start)));
    const emptied = outcomes.filter(({ emptyAfter }) => emptyAfter !== null);
    const ours = rival === null;
    counts.push({
      what: `${what}: survivors of 5`,
      missing,
      samples: outcomes.map(({ survivors }) => survivors),
      owed: ours ? { text: "0", holds: ({ max }) => max === 0 } : undefined,
    });
    times.push({
      what: `${what}: ms from the kill to empty, less the grace of ${GRACE_MS} ms`,
      missing: missing ?? "never empty",
      samples: emptied.map(({ emptyAfter }) => emptyAfter - GRACE_MS),
      owed: ours ? { text: "p95 ≤ 5", holds: ({ p95 }) => p95 <= 5 } : undefined,
    });
  }
  // A rival that leaves everything has no second row worth its space.
  return { title: "SIGKILL of the host", rows: [...counts, times[0]] };
}

async function killHost(scope, start) {
  const pidfile = join(scope.folder, "pids");
  const host = await start(scope, tree(pidfile));
  const pids = await family(pidfile);
  scope.defer(() => killAll(pids));
  const gone = await watchGone(scope, pids);
  const killed = now();
  process.kill(host, "SIGKILL");
  const alive = () => pids.filter(isAlive).length;
  const empty = await until(() => alive() === 0, PATIENCE_MS, 20);
  return { survivors: alive(), emptyAfter: empty ? (await gone.last) - killed : null };
}

async function startSidecar(scope, command) {
  const run = runSidecar(scope, ["--grace", `${GRACE_MS}ms`], command);
  run.closed.catch(() => {});
  await run.event("spawned");
  return run.pid;
}

async function startSupervisord(scope, command) {
  return (await runSupervisord(scope, command)).pid;
}

async function startPm2(scope, command) {
  return (await runPm2(scope, command)).pid;
}

function startConcurrently(scope, command) {
  const entry = inPackage("concurrently", "dist/bin/index.js");
  return scope.spawn(process.execPath, [entry, command.join(" ")]).pid;
}
