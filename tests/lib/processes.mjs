// The process table, read from /proc: who descends from whom, who is left.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

import { statOf } from "../../scripts/lib/proc-stat.mjs";
import { until } from "./wait.mjs";

/** All processes, as `statOf` has each. */
export function processes() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(statOf).filter(Boolean);
}

/** Every descendant of `pid`, without itself. */
export function descendants(pid) {
  const all = processes();
  const found = [];
  for (let parents = [pid]; parents.length > 0; ) {
    const children = all.filter(({ ppid }) => parents.includes(ppid));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

/** Whether this very process still runs. */
export function lives({ pid, started }) {
  const now = statOf(pid);
  return now !== undefined && now.started === started && now.runs;
}

/** Running processes that have `NAME=value` in the environment they were started with. */
export function withVariable(assignment) {
  return processes().filter((process) => lives(process) && environment(process.pid).includes(assignment));
}

function environment(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return []; // Ended, or another user's.
  }
}

/** Whether the process runs under the engine's care. */
export const hasMarker = ({ pid }) => environment(pid).some((v) => v.startsWith("SIDECAR_LIFECYCLE="));

/** The path of its program, or nothing. */
export const program = (pid) => linkTarget(`/proc/${pid}/exe`);

/** Whether anybody listens on the port, on any address. */
export const isHeld = (port) => listeningSockets(port).length > 0;

/** The processes that listen on the port; of other users' nothing can be seen. */
export function listenersOn(port) {
  const links = listeningSockets(port).map((inode) => `socket:[${inode}]`);
  return processes().filter(({ pid }) => openFiles(pid).some((link) => links.includes(link)));
}

function listeningSockets(port) {
  const LISTEN = "0A";
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === LISTEN && local.endsWith(`:${hex}`))
      .map((fields) => fields[9]),
  );
}

function openFiles(pid) {
  let fds;
  try {
    fds = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // Ended, or another user's.
  }
  return fds.map((fd) => linkTarget(`/proc/${pid}/fd/${fd}`)).filter(Boolean);
}

function linkTarget(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // Its process has ended, or has closed this file while others were read.
  }
}

/** The words of its command line. */
export function commandLine({ pid }) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return []; // It ended.
  }
}

/** Waits until none of `records` runs and nobody holds any of `ports`. */
export async function allGone(records, ports, ms) {
  await until(
    "no process and no held port is left",
    () => {
      const left = records.filter(lives).map(({ pid, name }) => `${name} ${pid}`);
      const held = ports.filter(isHeld).map((port) => `port ${port}`);
      if (left.length + held.length > 0) throw new Error([...left, ...held].join(", "));
      return true;
    },
    ms,
  );
}
