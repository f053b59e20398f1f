// Looking at processes from outside, through /proc.
import { readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";

import { statOf } from "../lib/proc-stat.mjs";
import { until } from "./machine.mjs";
import { tool } from "./tools.mjs";

export const isAlive = (pid) => statOf(pid)?.runs ?? false;

export const allPids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);

export const childrenOf = (pid) => allPids().filter((each) => statOf(each)?.ppid === pid);

/** How often each thread of the processes has given up or lost its CPU so far, by its id. */
export function contextSwitches(pids) {
  const counts = new Map();
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
      const numbers = status.matchAll(/^(?:non)?voluntary_ctxt_switches:\s+(\d+)$/gm);
      counts.set(thread, [...numbers].reduce((sum, [, count]) => sum + Number(count), 0));
    }
  }
  return counts;
}

export const threadsOf = (pid) => readdirSync(`/proc/${pid}/task`).length;

/** Wake-ups between two looks. A thread that has ended woke up to do so. */
export function wakeUps(before, after) {
  let sum = 0;
  for (const [thread, count] of after) sum += count - (before.get(thread) ?? 0);
  for (const thread of before.keys()) if (!after.has(thread)) sum += 1;
  return sum;
}

/** Resident memory in MiB: all of it, and what no other process shares. */
export function memory(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1] ?? 0) / 1024;
  return { resident: of("Rss"), own: of("Private_Clean") + of("Private_Dirty") };
}

/**
 * Watches processes until their end. `last` resolves with the time at which the
 * last of them was gone (ms, CLOCK_MONOTONIC), 0 where none lived.
 */
export async function watchGone(scope, pids) {
  const watcher = scope.spawn(tool("watch-gone"), pids.map(String), { stdio: ["ignore", "pipe", "inherit"] });
  let watching;
  const ready = new Promise((resolve) => (watching = resolve));
  let last = 0;
  createInterface({ input: watcher.stdout }).on("line", (line) => {
    if (line === "watching") watching();
    else last = Math.max(last, Number(line.split(" ")[1]));
  });
  const closed = new Promise((resolve) => watcher.once("close", resolve));
  await ready;
  return { last: closed.then(() => last) };
}

/** The family of a fake sidecar, from its pidfile; its leader is written last. */
export async function family(pidfile) {
  const lines = await until(() => {
    const text = readOrNothing(pidfile);
    return /^leader \d+\n/m.test(text) ? text : null;
  }, 20_000);
  if (lines === null) throw new Error("the test server did not come up");
  return [...lines.matchAll(/^\w+ (\d+)$/gm)].map(([, pid]) => Number(pid));
}

export function readOrNothing(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Ends what a rival has left behind; the pids are those of our own test servers. */
export function killAll(pids) {
  for (const pid of pids.filter(isAlive)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It went by itself.
    }
  }
}
