// What every subject stands on: where things lie, what time it is, and programs
// that are ended when the subject is over.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { isRunning, stop } from "../lib/child.mjs";

/** All that the benchmark makes lies here: results, rivals, tools, scratch folders. */
export const bench = resolve("artifacts/bench");
const target = resolve(process.env.CARGO_TARGET_DIR ?? "target");
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
    await sleep(pauseMs);
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

/** One run after the other, each in a scope of its own; answers what each answers. */
export async function inTurns(runs, way) {
  const samples = [];
  for (let run = 0; run < runs; run++) samples.push(await inScope((scope) => way(scope, run)));
  return samples;
}

/**
 * The same for runs that mostly wait: `width` of them at once, begun `apartMs`
 * one after the other so that they are not busy in the same moment.
 */
export async function sideBySide(runs, width, apartMs, way) {
  const samples = [];
  let next = 0;
  const lane = async (_, number) => {
    await sleep(number * apartMs);
    while (next < runs) {
      const run = next++;
      samples[run] = await inScope((scope) => way(scope, run));
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, runs) }, lane));
  return samples;
}

const open = new Set();

/** Undoes whatever is under way, for an interrupted benchmark. */
export async function closeAll() {
  for (const close of [...open].reverse()) await close();
}
