// pm2 with a daemon of its own in a scope, through its command.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { now, until } from "./machine.mjs";
import { isAlive, readOrNothing } from "./processes.mjs";
import { inPackage } from "./rivals.mjs";

const execute = promisify(execFile);

/** Answers `{ pid, command(...args) }`: the daemon's pid, with `web` running. */
export async function runPm2(scope, [program, ...args], options = []) {
  const home = join(scope.folder, "pm2");
  const env = { ...process.env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: "true" };
  const command = (...words) => execute(process.execPath, [inPackage("pm2", "bin/pm2"), ...words], { env });
  const pidOf = () => Number(readOrNothing(join(home, "pm2.pid"))) || null;
  scope.defer(async () => {
    const pid = pidOf();
    if (!pid || !isAlive(pid)) return;
    await command("kill").catch(() => {});
    await until(() => !isAlive(pid), 5_000);
  });
  const fixed = ["--name", "web", "--interpreter", "none", "--no-autorestart"];
  await command("start", program, ...fixed, ...options, "--", ...args);
  const pid = await until(pidOf, 10_000);
  if (!pid) throw new Error("pm2's daemon did not come up");
  return { pid, command };
}

/** How long its command takes to say anything at all: what each call pays. */
export async function pm2Overhead(pm2) {
  const from = now();
  await pm2.command("ping");
  return now() - from;
}
