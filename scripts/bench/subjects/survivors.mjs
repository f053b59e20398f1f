// What is left when the host is killed by SIGKILL: a leader, two children and
// two escapees, all of which ignore SIGTERM.
import { join } from "node:path";

import { binary, inTurns, now, until } from "../machine.mjs";
import { atMost } from "../owed.mjs";
import { runPm2 } from "../pm2.mjs";
import { family, isAlive, killAll, watchGone } from "../processes.mjs";
import { inPackage, samplesOf } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { runSupervisord } from "../supervisord.mjs";

export const name = "survivors";
export const title = "SIGKILL of the host";
export const about = [
  "A leader, two children, and two escapees (one with a session of its own, one detached by a double fork), all of which ignore SIGTERM. The host is killed by SIGKILL; who is still there after three seconds has been left behind. 0 of 1,000 is owed: the tests' long suite kills that often, in many more ways; here it is as often as the column says (`--survivors N` sets it).",
];

const GRACE_MS = 50;
/** Who is still there by then has been left behind. */
const PATIENCE_MS = 3000;

const tree = (pidfile) => [
  ...[binary("fake-sidecar"), "--no-listen", "--pidfile", pidfile, "--max-life", "2m"],
  ...["--fork", "2", "--setsid", "--double-fork", "--ignore-term", "--escapee-ignores-term"],
];

export async function measure({ runs, survivors: ours = runs(250) }) {
  const hosts = [
    { what: "sidecar", many: ours, start: startSidecar },
    { what: "supervisord", rival: "supervisor", many: runs(3), start: startSupervisord },
    { what: "pm2", rival: "pm2", many: runs(3), start: startPm2 },
    { what: "concurrently", rival: "concurrently", many: runs(3), start: startConcurrently },
  ];
  const counts = [];
  const times = [];
  for (const { what, rival, many, start } of hosts) {
    const kill = () => inTurns(many, (scope) => killHost(scope, start));
    const { samples: outcomes, missing } = rival ? await samplesOf(rival, kill) : { samples: await kill() };
    const emptied = outcomes.filter(({ emptyAfter }) => emptyAfter !== null);
    const own = !rival;
    counts.push({
      what,
      ours: own,
      missing,
      samples: outcomes.map(({ survivors }) => survivors),
      owed: own ? atMost({ max: 0 }) : undefined,
    });
    times.push({
      what,
      ours: own,
      missing: missing ?? "never empty",
      samples: emptied.map(({ emptyAfter }) => emptyAfter - (own ? GRACE_MS : 0)),
      owed: own ? atMost({ p95: 5 }) : undefined,
    });
  }
  return {
    tables: [
      {
        id: "survivors",
        title: "Processes left of 5",
        unit: "processes",
        scale: "linear",
        better: "less",
        glance: "Processes of 5 left by a SIGKILL of the host",
        rows: counts,
      },
      {
        id: "survivors-time",
        title: `From the kill to an empty tree, less the grace of ${GRACE_MS} ms where there is one`,
        unit: "ms",
        scale: "linear",
        better: "less",
        glance: "SIGKILL of the host → empty tree, beyond the grace",
        rows: times,
      },
    ],
  };
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
