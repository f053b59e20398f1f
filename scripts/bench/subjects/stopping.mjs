// Stop lag: from the end of the tree's last process to the moment at which
// whoever stopped it knows. The server takes 100 ms to clean up.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { binary, inTurns, now } from "../machine.mjs";
import { atMost } from "../owed.mjs";
import { pm2Overhead, runPm2 } from "../pm2.mjs";
import { family, watchGone } from "../processes.mjs";
import { samplesOf } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { runSupervisord } from "../supervisord.mjs";

export const name = "stopping";
export const title = "Stopped: the last process is gone → whoever stopped it knows";
export const about = [
  "A leader and two children in its group, which take 100 ms to clean up after SIGTERM. A separate program watches them through pidfds and writes down when the last one ended; the lag is from there to the moment at which whoever asked knows that all is gone. supervisord waits for the leader only.",
];

const RECIPE_WAIT_MS = 500;
/** A leader and two children in its group: what every rival can stop. */
const tree = (pidfile) => [
  ...[binary("fake-sidecar"), "--no-listen", "--pidfile", pidfile],
  ...["--fork", "2", "--term-takes", "100ms", "--max-life", "2m"],
];

export async function measure({ runs }) {
  const owed = atMost({ median: 3 });
  const overheads = [];
  const rival = async (name, what, way) => ({ what, ...(await samplesOf(name, () => inTurns(runs(5), way))) });
  const rows = [
    { what: "sidecar", ours: true, samples: await inTurns(runs(25), (scope) => bySidecar(scope, [])), owed },
    {
      what: "sidecar, with two escapees",
      ours: true,
      samples: await inTurns(runs(25), (scope) => bySidecar(scope, ["--setsid", "--double-fork"])),
      owed,
    },
    { what: "the recipe: 500 ms in any case", samples: await inTurns(runs(8), byRecipe) },
    await rival("supervisor", "supervisord, asked over its socket", bySupervisord),
    await rival("supervisor", "supervisorctl stop", bySupervisorctl),
    await rival("pm2", "pm2 stop", (scope) => byPm2(scope, overheads)),
  ];
  if (overheads.length) rows.push({ what: "of that, a pm2 command that does nothing", part: true, samples: overheads });
  const glance = "Last process of the tree gone → known to be stopped";
  return { tables: [{ id: name, title, unit: "ms", scale: "log", better: "less", glance, rows }] };
}

async function bySidecar(scope, more) {
  const pidfile = join(scope.folder, "pids");
  const run = runSidecar(scope, [], [...tree(pidfile), ...more]);
  const { last } = await watchGone(scope, await family(pidfile));
  run.child.kill("SIGTERM");
  const stopped = await run.event("stopped");
  return stopped.mono_ms - (await last);
}

async function byRecipe(scope) {
  const pidfile = join(scope.folder, "pids");
  const [program, ...args] = tree(pidfile);
  const child = spawn(program, args, { detached: true, stdio: "ignore" });
  const { last } = await watchGone(scope, await family(pidfile));
  process.kill(-child.pid, "SIGTERM");
  await sleep(RECIPE_WAIT_MS);
  const knows = now();
  return knows - (await last);
}

async function bySupervisord(scope) {
  const pidfile = join(scope.folder, "pids");
  const { call } = await runSupervisord(scope, tree(pidfile));
  const { last } = await watchGone(scope, await family(pidfile));
  await call("supervisor.stopProcess", "web");
  const knows = now();
  return knows - (await last);
}

async function bySupervisorctl(scope) {
  const pidfile = join(scope.folder, "pids");
  const { control } = await runSupervisord(scope, tree(pidfile));
  const { last } = await watchGone(scope, await family(pidfile));
  await control("stop", "web");
  const knows = now();
  return knows - (await last);
}

async function byPm2(scope, overheads) {
  const pidfile = join(scope.folder, "pids");
  const pm2 = await runPm2(scope, tree(pidfile));
  const { last } = await watchGone(scope, await family(pidfile));
  overheads.push(await pm2Overhead(pm2));
  await pm2.command("stop", "web");
  const knows = now();
  return knows - (await last);
}
