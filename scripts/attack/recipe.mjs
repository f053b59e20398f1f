// The usual recipe for a sidecar of a desktop app, as its guide describes it: a
// process group of its own; on close SIGTERM to the group, 500 ms, and SIGKILL to
// the leader if that has not ended. Nothing for the case that the app is killed.
//
//   node scripts/attack/recipe.mjs COMMAND…
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { detached: true, stdio: "ignore" });

process.once("SIGTERM", async () => {
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch {
    // It has ended already.
  }
  await sleep(500);
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  process.exit(0);
});
