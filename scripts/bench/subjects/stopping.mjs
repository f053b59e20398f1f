// Stop lag: from the end of the tree's last process to the moment at which
// whoever stopped it knows. The server takes 100 ms to clean up.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { binary, inScope, now } from "../machine.mjs";
import { pm2Overhead, runPm2 } from "../pm2.mjs";
import { family, watchGone } from "../processes.mjs";
import { whyMissing } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { runSupervisord } from "../supervisord.mjs";

export const name = "stopping";

const RECIPE_WAIT_MS = 500;
/** A leader and two children in its group: what every rival can stop. */
const tree = (pidfile) => [
  ...[binary("fake-sidecar"), "--no-listen", "--pidfile", pidfile],
  ...["--fork", "2", "--term-takes", "100ms", "--max-life", "2m"],
];

export async function measure({ runs }) {
  const owed = { text: "median ≤ 3", holds: ({ median }) => median <= 3 };
  const overheads = [];
  const rival = async (name, label, way) => {
    const missing = whyMissing(name);
    return { what: label, missing, samples: missing ? [] : await repeat(runs(5), way) };
  };
  const rows = [
    { what: "sidecar", samples: await repeat(runs(21), (scope) => bySidecar(scope, [])), owed },
    {
      what: "sidecar, with two escapees",
      samples: await repeat(runs(21), (scope) => bySidecar(scope, ["--setsid", "--double-fork"])),
      owed,
    },
    { what: "the recipe (500 ms in any case)", samples: await repeat(runs(5), byRecipe) },
    await rival("supervisor", "supervisord (its RPC answers; it waits for the leader only)", bySupervisord),
    await rival("supervisor", "supervisorctl stop (its command ends)", bySupervisorctl),
    await rival("pm2", "pm2 stop (its command ends)", (scope) => byPm2(scope, overheads)),
  ];
  if (overheads.length) rows.push({ what: "  of that, a pm2 command that does nothing", samples: overheads });
  return { title: "Stopped: the last process is gone → whoever stopped it knows", unit: "ms", rows };
}

async function repeat(runs, way) {
  const samples = [];
  for (let run = 0; run < runs; run++) samples.push(await inScope(way));
  return samples;
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
