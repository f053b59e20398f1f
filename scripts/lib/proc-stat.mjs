// One line of the process table: `/proc/PID/stat`, see proc_pid_stat(5). For Linux.
import { readFileSync } from "node:fs";

/**
 * `{ pid, name, ppid, pgrp, started, runs }`, or undefined when there is no such process. `started`
 * tells two users of one pid apart. One that waits for its parent only, a zombie, does not run.
 */
export function statOf(pid) {
  let line;
  try {
    line = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name stands in parentheses and may itself hold some.
  const end = line.lastIndexOf(")");
  const fields = line.slice(end + 2).split(" ");
  const [state, ppid, pgrp] = fields;
  // A process whose first thread has ended is shown as a zombie while others still end, and with
  // them its ports and files.
  const threads = Number(fields[17]);
  return {
    pid: Number(pid),
    name: line.slice(line.indexOf("(") + 1, end),
    ppid: Number(ppid),
    pgrp: Number(pgrp),
    started: fields[19],
    runs: (state !== "Z" && state !== "X") || threads > 1,
  };
}
