// What every subject stands on: where things lie, what time it is, and programs
// that are ended when the subject is over.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";

import { isRunning, stop } from "../lib/child.mjs";

/** Cargo's target folder; all that the benchmark makes lies below `bench` in it. */
export const target = resolve(process.env.CARGO_TARGET_DIR ?? "target");
export const bench = join(target, "bench");
export const binary = (name) => join(target, "release", name);

/** CLOCK_MONOTONIC in milliseconds, the clock of `mono_ms`. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** A folder below `bench` that is removed at the end. */
export function scratch() {
  mkdirSync(bench, { recursive: true });
  return mkdtempSync(join(bench, "run-"));
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until `look` answers something, which it returns; null after `limitMs`. */
export async function until(look, limitMs, pauseMs = 2) {
  const end = now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (now() > end) return null;
    await new Promise((resume) => setTimeout(resume, pauseMs));
  }
}

/**
 * Calls `work` with a scope: a scratch folder, `spawn` for programs that end
 * with it, and `defer` for whatever else is to be undone, last one first.
 */
export async function inScope(work) {
  const folder = scratch();
  const undo = [];
  const scope = {
    folder,
    defer: (action) => undo.push(action),
    spawn(command, args, options = {}) {
      const child = spawn(command, args, { stdio: ["ignore", "ignore", "ignore"], ...options });
      child.ended = new Promise((ended) => {
        child.once("exit", (code, signal) => ended({ code, signal }));
        child.once("error", (error) => ended({ error }));
      });
      undo.push(() => (child.pid && isRunning(child) ? stop(child, 10_000) : undefined));
      return child;
    },
  };
  const close = async () => {
    open.delete(close);
    for (const action of undo.splice(0).reverse()) await action();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  open.add(close);
  try {
    return await work(scope);
  } finally {
    await close();
  }
}

const open = new Set();

/** Undoes whatever is under way, for an interrupted benchmark. */
export async function closeAll() {
  for (const close of [...open].reverse()) await close();
}
