// Readiness lag: from the moment at which the server answers to the moment at
// which whoever waits knows.
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort, now, sideBySide, until } from "../machine.mjs";
import { atMost } from "../owed.mjs";
import { readOrNothing } from "../processes.mjs";
import { require, samplesOf } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { tool } from "../tools.mjs";

export const name = "readiness";
export const title = "Ready: the server answers → whoever waits knows";
export const about = [
  "A server of ours takes a known time to start, then listens and writes down that moment. The lag is from there to the `ready` event. Starts are spread over a fifth of their length, so that no fixed rhythm of asking wins by luck. Those of 3 s run four at a time, begun a quarter of the start apart: nearly all of it is waiting.",
  "A Tcp check connects a second time after 50 ms, because a connect that succeeds does not mean that the server serves. wait-on is called through its API, so that the start of Node is not held against it. Only `sidecar` also proves that the listener belongs to the tree that it started.",
];

const STARTS = [
  { ms: 50, words: "50 ms", atOnce: 1 },
  { ms: 500, words: "500 ms", atOnce: 1 },
  { ms: 3000, words: "3 s", atOnce: 4 },
];
/** What the recipe waits in addition once a connect succeeds. */
const RECIPE_EXTRA_MS = 1000;
/** Between the two connects of a Tcp check. */
const CONFIRM_MS = 50;

export async function measure({ runs }) {
  const tables = [];
  for (const start of STARTS) tables.push(await measureStart(start, runs));
  return { tables };
}

async function measureStart(start, runs) {
  const repeat = (many, way) =>
    sideBySide(runs(many), start.atOnce, start.ms / start.atOnce, (scope, run) =>
      way(scope, start.ms * (1 + (0.2 * run) / runs(many))),
    );
  const waitOn = (kind) => samplesOf("wait-on", () => repeat(8, (...at) => byWaitOn(kind, ...at)));
  const polled = await repeat(8, byPolling);
  return {
    id: `readiness-${start.ms}ms`,
    title: `A start of ${start.words}`,
    unit: "ms",
    scale: "log",
    better: "less",
    glance: `Ready event after the server answers, a start of ${start.words}`,
    rows: [
      {
        what: "sidecar --http",
        ours: true,
        kind: "http",
        samples: await repeat(24, (...at) => bySidecar("--http", "/", ...at)),
        owed: owed(start.ms, 0),
      },
      {
        what: "sidecar --tcp",
        ours: true,
        kind: "tcp",
        samples: await repeat(24, (...at) => bySidecar("--tcp", null, ...at)),
        owed: owed(start.ms, CONFIRM_MS),
      },
      { what: "wait-on, http-get", kind: "http", ...(await waitOn("http-get")) },
      { what: "wait-on, tcp", kind: "tcp", ...(await waitOn("tcp")) },
      { what: "a connect every 500 ms", kind: "tcp", samples: polled },
      { what: "the recipe: that, and 1,000 ms", kind: "tcp", samples: polled.map((lag) => lag + RECIPE_EXTRA_MS) },
    ],
  };
}

function owed(start, confirm) {
  const lag = Math.max(2, start / 100);
  return atMost({ median: lag + confirm, p95: lag * 2.5 + confirm });
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
  const knows = now();
  return knows - (await answersFrom(file));
}

/** As the recipe does it: a connect every 500 ms. */
async function byPolling(scope, startMs) {
  const { port, file } = await startServer(scope, startMs);
  while (!(await connects(port))) await sleep(500);
  const knows = now();
  return knows - (await answersFrom(file));
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
