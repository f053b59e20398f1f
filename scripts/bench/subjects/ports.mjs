// Who holds this port: a look-up among some hundred processes, of a stranger's
// port, which is the slowest case.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

import { binary, freePort, inScope, now, until } from "../machine.mjs";
import { allPids, readOrNothing } from "../processes.mjs";
import { inPackage, whyMissing } from "../rivals.mjs";
import { tool } from "../tools.mjs";

export const name = "ports";

const PROCESSES = 100;

export async function measure({ runs }) {
  return inScope(async (scope) => {
    for (let missing = PROCESSES - allPids().length; missing > 0; missing--) scope.spawn("sleep", ["600"]);
    const port = await startServer(scope);
    const lookup = binary("examples/port_lookup");
    const noLsof = spawnSync("lsof", ["-v"]).error && "lsof is not installed";
    const noKillPort = whyMissing("kill-port");
    const ours = (many) => execFileSync(lookup, [String(port), String(many)], { encoding: "utf8" }).trim().split("\n");
    const rows = [
      {
        what: "engine: holder_of",
        samples: ours(runs(50)).map(Number),
        owed: { text: "≤ 2", holds: ({ median }) => median <= 2 },
      },
      {
        what: "engine: holder_of, the first in a process",
        samples: repeat(runs(10), () => Number(ours(1)[0])),
      },
      {
        what: "lsof -ti :PORT",
        missing: noLsof,
        samples: noLsof ? [] : repeat(runs(10), () => time(() => execFileSync("lsof", ["-ti", `:${port}`]))),
      },
      { what: "kill-port PORT", missing: noKillPort, samples: noKillPort ? [] : await killPort(scope, runs(5)) },
    ];
    return { title: `Who holds this port (${allPids().length} processes)`, unit: "ms", rows };
  });
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
