// The output pump: a flood of lines into a log file, beside `cat > file` on the
// same bytes from the same writer.
import { createWriteStream, existsSync, statSync, writeFileSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { inScope, inTurns, now, until } from "../machine.mjs";
import { atLeast } from "../owed.mjs";
import { runPm2 } from "../pm2.mjs";
import { inPackage, samplesOf } from "../rivals.mjs";
import { runSidecar } from "../sidecar.mjs";
import { runSupervisord } from "../supervisord.mjs";

export const name = "output";
export const title = "Output into a log file";
export const about = [
  "`cat FLOOD` writes lines of 80 bytes as fast as they are taken. The time runs from the start of the command to the last byte in the file. `sidecar` and `cat FLOOD | cat > FILE` take turns, and each ratio is of two neighbours; every log is compared with the flood, byte by byte (that of `sidecar` is rotated at 10 MiB, and all its files are compared). Loggers that are already up when the flood begins (pm2, supervisord) are spared their own start.",
];

const LINE = 80;
const LIMIT_MS = 120_000;

export async function measure({ runs, quick }) {
  const mib = quick ? 32 : 384;
  return inScope(async (scope) => {
    const flood = await writeFlood(join(scope.folder, "flood"), mib);
    const [ours, cats] = [[], []];
    // Turn by turn: whatever else the machine does meets both alike.
    for (let run = 0; run < runs(7); run++) {
      cats.push(await inScope((each) => byCat(each, flood)));
      ours.push(await inScope((each) => bySidecar(each, flood)));
    }
    const rival = async (name, way) => {
      const { samples, missing } = await samplesOf(name, () => inTurns(runs(2), (each) => way(each, flood)));
      // One that lost something has no rate that could be compared.
      const lost = samples.some(({ whole }) => !whole);
      return { what: name, missing: lost ? "not every byte arrived" : missing, samples: lost ? [] : samples.map(({ rate }) => rate) };
    };
    const rates = ours.map(({ rate }) => rate);
    return {
      tables: [
        {
          id: name,
          title: `${mib} MiB in lines`,
          unit: "MiB/s",
          scale: "log",
          better: "more",
          glance: "Output into a log file",
          rows: [
            { what: "sidecar run --log FILE -- cat FLOOD", ours: true, samples: rates },
            { what: "cat FLOOD | cat > FILE", samples: cats.map(({ rate }) => rate) },
            {
              what: "ratio of these two",
              ours: true,
              unit: "×",
              samples: rates.map((rate, run) => rate / cats[run].rate),
              owed: atLeast({ median: 0.7 }),
            },
            {
              what: "logs that differ from the flood",
              ours: true,
              unit: "",
              samples: ours.map(({ whole }) => (whole ? 0 : 1)),
              owed: [["max", "≤", 0]],
            },
            await rival("concurrently", byConcurrently),
            { ...(await rival("supervisor", bySupervisord)), what: "supervisord" },
            await rival("pm2", byPm2),
          ],
        },
      ],
    };
  });
}

async function writeFlood(file, mib) {
  const out = createWriteStream(file);
  const lines = Math.floor((1 << 20) / LINE);
  for (let block = 0; block < mib; block++) {
    let text = "";
    for (let line = 0; line < lines; line++) text += `flood ${String(block * lines + line).padStart(12, "0")} `.padEnd(LINE - 1, ".") + "\n";
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return file;
}

const sizeOf = (file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** MiB in a second. */
const rateOf = (file, ms) => sizeOf(file) / (1 << 20) / (ms / 1000);

function outcome(flood, log, from) {
  const rate = rateOf(flood, now() - from);
  return { rate, whole: spawnSync("cmp", ["--silent", flood, log]).status === 0 };
}

function byCat(scope, flood) {
  const log = join(scope.folder, "log");
  const from = now();
  execFileSync("sh", ["-c", 'cat "$1" | cat > "$2"', "sh", flood, log]);
  return outcome(flood, log, from);
}

/**
 * From the start of the command to its end: nothing is left in any pipe by then.
 * The log is rotated as it is anywhere, at 10 MiB, but keeps every file.
 */
async function bySidecar(scope, flood) {
  const log = join(scope.folder, "log");
  const config = join(scope.folder, "sidecar.json");
  writeFileSync(config, JSON.stringify({ logFiles: 1000 }));
  const from = now();
  await runSidecar(scope, ["--config", config, "--log", log], ["cat", flood]).child.ended;
  const took = now() - from;
  let files = [log];
  while (existsSync(`${log}.${files.length}`)) files = [`${log}.${files.length}`, ...files];
  const whole = spawnSync("sh", ["-c", 'flood="$1"; shift; cat "$@" | cmp --silent - "$flood"', "sh", flood, ...files]);
  return { rate: rateOf(flood, took), whole: whole.status === 0 };
}

async function byConcurrently(scope, flood) {
  const log = join(scope.folder, "log");
  const from = now();
  const words = ["-c", 'exec "$@" > "$0"', log, process.execPath, inPackage("concurrently", "dist/bin/index.js")];
  await scope.spawn("sh", [...words, "--raw", `cat ${flood}`]).ended;
  return outcome(flood, log, from);
}

async function bySupervisord(scope, flood) {
  const log = join(scope.folder, "log");
  const settings = { stdout_logfile: log, stdout_logfile_maxbytes: 0 };
  return whenTold(scope, flood, log, (command) => runSupervisord(scope, command, settings));
}

async function byPm2(scope, flood) {
  const log = join(scope.folder, "log");
  return whenTold(scope, flood, log, (command) => runPm2(scope, command, ["--output", log, "--merge-logs"]));
}

/** Starts a command that floods once a file is there, so that the logger is up by then. */
async function whenTold(scope, flood, log, start) {
  const [go, script] = [join(scope.folder, "go"), join(scope.folder, "flood.sh")];
  writeFileSync(script, `until [ -e '${go}' ]; do sleep 0.01; done\nexec cat '${flood}'\n`);
  await start(["/bin/sh", script]);
  if (existsSync(log) && sizeOf(log) > 0) throw new Error("the log is not empty before the flood");
  const from = now();
  writeFileSync(go, "");
  await until(() => sizeOf(log) >= sizeOf(flood), LIMIT_MS, 5);
  return outcome(flood, log, from);
}
