// Who holds this port: a look-up of a stranger's port, which is the slowest
// case, among some hundred processes and among many more.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

import { binary, freePort, inScope, now, until } from "../machine.mjs";
import { atMost } from "../owed.mjs";
import { allPids, readOrNothing } from "../processes.mjs";
import { inPackage, samplesOf } from "../rivals.mjs";
import { tool } from "../tools.mjs";

export const name = "ports";
export const title = "Who holds this port";
export const about = [
  "The port of a server that is not ours, the slowest case: our own tree is looked at first otherwise. `holder_of` is a call within the program that asks; the others are programs that must be started, so the row below it starts one too. kill-port also ends whom it finds, which is a fresh server each time.",
];

const CROWDS = [100, 700];

export async function measure({ runs }) {
  const tables = [];
  for (const crowd of CROWDS) tables.push(await inScope((scope) => measureAmong(crowd, scope, runs)));
  return { tables };
}

async function measureAmong(crowd, scope, runs) {
  for (let lacking = crowd - allPids().length; lacking > 0; lacking--) scope.spawn("sleep", ["600"]);
  const port = await startServer(scope);
  const ours = (many) =>
    execFileSync(binary("port-lookup"), [String(port), String(many)], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
  const command = (...words) => ({
    missing: spawnSync(words[0], ["-v"]).error && `${words[0]} is not installed`,
    samples: spawnSync(words[0], ["-v"]).error ? [] : repeat(runs(10), () => time(() => execFileSync(words[0], words.slice(1)))),
  });
  return {
    id: `ports-${crowd}`,
    title: `Among ${allPids().length} processes`,
    unit: "ms",
    scale: "log",
    better: "less",
    glance: `Who holds this port, among some ${crowd} processes`,
    rows: [
      {
        what: "engine: holder_of",
        ours: true,
        samples: ours(runs(50)),
        owed: crowd === 100 ? atMost({ median: 2 }) : undefined,
      },
      { what: "the first one in a process", ours: true, part: true, samples: repeat(runs(10), () => ours(1)[0]) },
      { what: "with the start of a process", ours: true, part: true, samples: repeat(runs(10), () => time(() => ours(1))) },
      { what: "lsof -ti :PORT", ...command("lsof", "-ti", `:${port}`) },
      { what: "kill-port PORT", ...(await samplesOf("kill-port", () => killPort(scope, runs(5)))) },
    ],
  };
}

async function startServer(scope) {
  const port = await freePort();
  const file = join(scope.folder, `answers-${port}`);
  scope.spawn(tool("timed-server"), [String(port), "0", file]);
  if (!(await until(() => readOrNothing(file).endsWith("\n"), 5000))) throw new Error("the server did not come up");
  return port;
}

const repeat = (runs, sample) => Array.from({ length: runs }, sample);

function time(action) {
  const from = now();
  action();
  return now() - from;
}

/** It ends whom it finds: a server of ours each time. */
async function killPort(scope, runs) {
  const samples = [];
  for (let run = 0; run < runs; run++) {
    const port = await startServer(scope);
    samples.push(time(() => execFileSync(process.execPath, [inPackage("kill-port", "cli.js"), String(port)])));
  }
  return samples;
}
