// A thousand sidecars beside one: threads, memory, and how long it takes to
// notice that one of them has crashed.
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";

import { inTurns, now, until } from "../machine.mjs";
import { atMost } from "../owed.mjs";
import { childrenOf, contextSwitches, memory, readOrNothing, threadsOf, wakeUps } from "../processes.mjs";
import { median } from "../statistics.mjs";
import { samplesOf } from "../rivals.mjs";
import { runHost } from "../sidecar.mjs";
import { runSupervisord } from "../supervisord.mjs";
import { tool } from "../tools.mjs";

export const name = "many";
export const title = "A thousand sidecars";
export const about = [
  "Each sidecar is a tiny program that writes down the moment of its own start and then waits. The engine runs in a bare host (`crates/fake-host`), supervisord with `numprocs`. Memory and threads are those of host and guardian together, shared pages counted once. A crash is a SIGKILL of one sidecar; *noticed* is the `crashed` event, *running again* is the first moment of the next run, with a restart delay of 1 ms at the most where one can be set.",
];

const MANY = 1000;
/** Times that differ by no more are the same. */
const SAME_MS = 1;
const UP_LIMIT_MS = 120_000;
const SETTLE_MS = 2_000;

export async function measure({ runs, quick }) {
  const crowd = quick ? 100 : MANY;
  const restMs = quick ? 1_000 : 5_000;
  const rounds = runs(3);
  const kills = runs(20);
  const one = await inTurns(Math.ceil(kills / 4), (scope) => byEngine(scope, 1, 4, restMs));
  const many = await inTurns(rounds, (scope) => byEngine(scope, crowd, kills, restMs));
  const { samples: theirs, missing } = await samplesOf("supervisor", () =>
    inTurns(1, (scope) => bySupervisord(scope, crowd, runs(5), restMs)),
  );

  const of = (all, key) => all.flatMap((each) => each[key]);
  const ours = (what, all, key, owed) => ({ what, ours: true, samples: of(all, key), owed });
  const rival = (key) => ({ what: `supervisord, ${crowd}`, missing, samples: of(theirs, key) });
  const noticedWithOne = median(of(one, "noticed"));
  const less = { scale: "linear", better: "less" };
  return {
    tables: [
      {
        ...{ id: "many-crash", title: "One is killed: until that is noticed, and until its next run begins", unit: "ms" },
        ...{ scale: "log", better: "less", glance: `A crash among ${crowd} is noticed` },
        rows: [
          {
            ...ours(`noticed, among ${crowd}`, many, "noticed", atMost({ median: noticedWithOne + SAME_MS })),
            kind: "noticed",
          },
          { ...ours("noticed, with one", one, "noticed"), kind: "noticed" },
          { ...ours(`running again, among ${crowd}`, many, "again"), kind: "again" },
          { ...ours("running again, with one", one, "again"), kind: "again" },
          { ...rival("again"), what: `supervisord: running again, among ${crowd}`, kind: "again" },
        ],
      },
      {
        ...{ id: "many-threads", title: "Threads", unit: "threads", ...less, glance: `Threads for ${crowd} sidecars` },
        rows: [ours(`host and guardian, ${crowd}`, many, "threads", atMost({ max: 6 })), rival("threads")],
      },
      {
        ...{ id: "many-memory", title: "Resident memory", unit: "MiB", ...less, glance: `Resident memory for ${crowd}` },
        rows: [
          ours(`host and guardian, ${crowd}`, many, "memory", atMost({ median: 40 })),
          ours("host and guardian, one", one, "memory"),
          rival("memory"),
        ],
      },
      {
        ...{ id: "many-start", title: "From the start of the host until the last one runs", unit: "ms", ...less },
        rows: [
          ours(`host and guardian, ${crowd}`, many, "up"),
          { ...ours("until all are ready", many, "ready"), part: true },
          rival("up"),
        ],
      },
      {
        ...{ id: "many-stop", title: "From the order to stop until all have ended and the host too", unit: "ms", ...less },
        rows: [ours(`host and guardian, ${crowd}`, many, "down"), rival("down")],
      },
      {
        ...{ id: "many-wakes", title: `Wake-ups in ${restMs / 1000} s at rest`, unit: "wake-ups", ...less },
        rows: [ours(`host and guardian, ${crowd}`, many, "wakes"), rival("wakes")],
      },
    ],
  };
}

async function byEngine(scope, count, kills, restMs) {
  const lines = join(scope.folder, "lines");
  const from = now();
  const options = ["--restart", "--restart-backoff", "1"];
  const host = runHost(scope, count, options, [tool("announce"), lines]);
  const began = await announced(lines, count);
  const ready = () => host.seen.filter(({ event }) => event === "ready");
  if (!(await until(() => ready().length >= count, UP_LIMIT_MS))) throw new Error("not all sidecars became ready");
  const [guardian] = childrenOf(host.pid);
  const pids = [host.pid, guardian];
  const stop = async () => {
    host.order("shutdown");
    await host.child.ended;
  };
  const noticed = async (killed) => (await host.event("crashed", ({ mono_ms }) => mono_ms > killed)).mono_ms - killed;
  const seen = await observe({ from, began, lines, pids, kills, restMs, stop, noticed });
  return { ...seen, ready: Math.max(...ready().slice(0, count).map(({ mono_ms }) => mono_ms)) - from };
}

async function bySupervisord(scope, count, kills, restMs) {
  const lines = join(scope.folder, "lines");
  const from = now();
  const settings = { numprocs: count, process_name: "%(process_num)d", autorestart: true };
  const { pid, child } = await runSupervisord(scope, [tool("announce"), lines], settings);
  const began = await announced(lines, count);
  const stop = async () => {
    child.kill("SIGTERM");
    await child.ended;
  };
  return observe({ from, began, lines, pids: [pid], kills, restMs, stop });
}

/** What there is to see of a supervisor all of whose programs have begun. */
async function observe({ from, began, lines, pids, kills, restMs, stop, noticed = async () => NaN }) {
  await sleep(SETTLE_MS);
  const before = contextSwitches(pids);
  await sleep(restMs);
  const seen = {
    up: Math.max(...began.map(({ at }) => at)) - from,
    wakes: wakeUps(before, contextSwitches(pids)),
    threads: pids.reduce((sum, pid) => sum + threadsOf(pid), 0),
    memory: memory(pids[0]).resident + pids.slice(1).reduce((sum, pid) => sum + memory(pid).own, 0),
    noticed: [],
    again: [],
  };
  let runs = began.length;
  let victim = began[0].pid;
  for (let kill = 0; kill < kills; kill++) {
    const killed = now();
    process.kill(victim, "SIGKILL");
    seen.noticed.push(await noticed(killed));
    const all = await announced(lines, ++runs);
    seen.again.push(all.at(-1).at - killed);
    // With one it is always the new run's turn.
    victim = began.length > 1 ? began[kill + 1].pid : all.at(-1).pid;
  }
  const ordered = now();
  await stop();
  return { ...seen, down: now() - ordered };
}

/** The starts so far, `{ pid, at }` each, once there are `count` of them. */
async function announced(file, count) {
  const all = () => [...readOrNothing(file).matchAll(/^(\d+) ([\d.]+)\n/gm)].map(([, pid, at]) => ({ pid: Number(pid), at: Number(at) }));
  const found = await until(() => (all().length >= count ? all() : null), UP_LIMIT_MS, 5);
  if (!found) throw new Error(`only ${all().length} of ${count} programs have begun`);
  return found;
}
