// The output pump: a flood of lines into a log file, beside `cat > file` on the
// same bytes from the same writer.
import { execFileSync } from "node:child_process";
import { createWriteStream, statSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";

import { inScope, now } from "../machine.mjs";
import { median } from "../statistics.mjs";
import { runSidecar } from "../sidecar.mjs";

export const name = "output";

const MIB = 512;
const LINE = 80;

export async function measure({ runs }) {
  return inScope(async (scope) => {
    const flood = await writeFlood(join(scope.folder, "flood"));
    const [ours, cats] = [[], []];
    // Turn by turn: whatever else the machine does meets both alike.
    for (let run = 0; run < runs(5); run++) {
      cats.push(await byCat(flood));
      ours.push(await bySidecar(flood));
    }
    const ratios = ours.map((rate, run) => rate / cats[run]);
    return {
      title: `Output of ${MIB} MiB in lines into a file`,
      unit: "MiB/s",
      rows: [
        { what: "sidecar run --log FILE -- cat FLOOD", samples: ours },
        { what: "cat FLOOD | cat > FILE", samples: cats },
        {
          what: "ratio",
          samples: ratios,
          owed: { text: "≥ 0.7", holds: () => median(ratios) >= 0.7 },
        },
      ],
      notes: ["every log was compared with its flood, byte by byte"],
    };
  });
}

async function writeFlood(file) {
  const out = createWriteStream(file);
  const lines = Math.floor((1 << 20) / LINE);
  for (let block = 0; block < MIB; block++) {
    let text = "";
    for (let line = 0; line < lines; line++) text += `flood ${String(block * lines + line).padStart(12, "0")} `.padEnd(LINE - 1, ".") + "\n";
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return file;
}

const rate = (file, from) => statSync(file).size / (1 << 20) / ((now() - from) / 1000);

async function byCat(flood) {
  return inScope((scope) => {
    const file = join(scope.folder, "out");
    const from = now();
    execFileSync("sh", ["-c", 'cat "$1" | cat > "$2"', "sh", flood, file]);
    return rate(file, from);
  });
}

/** From the start of the command to its end: nothing is left in any pipe by then. */
async function bySidecar(flood) {
  return inScope(async (scope) => {
    const file = join(scope.folder, "log");
    const from = now();
    const run = runSidecar(scope, ["--log", file], ["cat", flood]);
    await run.child.ended;
    const result = rate(file, from);
    execFileSync("cmp", [flood, file]);
    return result;
  });
}
