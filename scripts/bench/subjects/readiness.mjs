// Readiness lag: from the moment at which the server answers to the moment at
// which whoever waits knows.
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort, inScope, now, until } from "../machine.mjs";
import { readOrNothing } from "../processes.mjs";
import { require, whyMissing } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { tool } from "../tools.mjs";

export const name = "readiness";

const STARTS_MS = [50, 500, 3000];
/** What the recipe waits in addition once a connect succeeds. */
const RECIPE_EXTRA_MS = 1000;

export async function measure({ runs }) {
  const rows = [];
  for (const start of STARTS_MS) {
    const many = runs(start > 1000 ? 11 : 21);
    const few = runs(5);
    const from = start < 1000 ? `${start} ms` : `${start / 1000} s`;
    const limit = Math.max(2, start / 100);
    rows.push({
      what: `start of ${from}: sidecar --http`,
      samples: await repeat(many, start, (...at) => bySidecar("--http", "/", ...at)),
      owed: owed(limit, 0),
    });
    rows.push({
      what: `start of ${from}: sidecar --tcp`,
      samples: await repeat(many, start, (...at) => bySidecar("--tcp", null, ...at)),
      owed: owed(limit, 50),
    });
    for (const kind of ["http-get", "tcp"]) {
      const missing = whyMissing("wait-on");
      const samples = missing ? [] : await repeat(few, start, (...at) => byWaitOn(kind, ...at));
      rows.push({ what: `start of ${from}: wait-on, ${kind}`, samples, missing });
    }
    const polled = await repeat(few, start, byPolling);
    rows.push({ what: `start of ${from}: asking every 500 ms`, samples: polled });
    rows.push({
      what: `start of ${from}: the recipe (that and 1,000 ms)`,
      samples: polled.map((lag) => lag + RECIPE_EXTRA_MS),
    });
  }
  return { title: "Ready: the server answers → whoever waits knows", unit: "ms", rows };
}

function owed(limit, confirm) {
  return {
    text: `median ≤ ${limit + confirm}, p95 ≤ ${limit * 2.5 + confirm}`,
    holds: ({ median, p95 }) => median <= limit + confirm && p95 <= limit * 2.5 + confirm,
  };
}

/** Starts are spread over a fifth of their length: no fixed rhythm may win by luck. */
async function repeat(runs, start, way) {
  const samples = [];
  for (let run = 0; run < runs; run++) {
    const startMs = start * (1 + (0.2 * run) / runs);
    samples.push(await inScope((scope) => way(scope, startMs)));
  }
  return samples;
}

async function bySidecar(check, path, scope, startMs) {
  const file = join(scope.folder, "answers-from");
  const options = ["--port", "auto", "--grace", "1s", check, ...(path ? [path] : [])];
  const run = runSidecar(scope, options, [tool("timed-server"), "{port}", String(startMs), file]);
  const ready = await run.event("ready");
  return ready.mono_ms - (await answersFrom(file));
}

/** Its API, not its command: the start of node is not held against it. */
async function byWaitOn(kind, scope, startMs) {
  const { port, file } = await startServer(scope, startMs);
  const resource = kind === "tcp" ? `tcp:127.0.0.1:${port}` : `http-get://127.0.0.1:${port}/`;
  await require("wait-on")({ resources: [resource], timeout: 30_000, log: false });
  return now() - (await answersFrom(file));
}

/** As the recipe does it: a connect every 500 ms. */
async function byPolling(scope, startMs) {
  const { port, file } = await startServer(scope, startMs);
  while (!(await connects(port))) await sleep(500);
  return now() - (await answersFrom(file));
}

async function startServer(scope, startMs) {
  const port = await freePort();
  const file = join(scope.folder, "answers-from");
  scope.spawn(tool("timed-server"), [String(port), String(startMs), file]);
  return { port, file };
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function answersFrom(file) {
  const time = await until(() => /^[\d.]+\n/.test(readOrNothing(file)) && readOrNothing(file), 5000);
  return Number(time);
}
