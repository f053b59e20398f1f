// Runs the stages of `npm test` one after the other and sums up. Used by
// `scripts/test.sh`.
import { createWriteStream, mkdirSync } from "node:fs";
import { finished } from "node:stream/promises";

import { killGroup, onNpmGone, start } from "./child.mjs";
import { countTests, plain } from "./count-tests.mjs";
import { startDisplay } from "./display.mjs";
import { failedTests } from "./failed-tests.mjs";
import { stages } from "./stages.mjs";

const LOGS = "artifacts/test";
const DEFAULT_MINUTES = 10;
/** After the command has ended, how long something may still hold its output. */
const DRAIN_MS = 2_000;

let running;
let givenUp = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, giveUp);
}
onNpmGone(giveUp);

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const asked = stages.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
);
const wanted = asked.filter(({ linux }) => !linux || process.platform === "linux");
const leftOut = asked.filter((stage) => !wanted.includes(stage)).map(({ name }) => name);

mkdirSync(LOGS, { recursive: true });
const results = [];
const leftOutWithin = [];
for (const stage of wanted) {
  if (givenUp) break;
  results.push(await runStage(stage));
}
process.exit(givenUp ? 130 : sumUp());

async function runStage(stage) {
  console.log(`\n━━ ${stage.name}`);
  const needed = results.find(({ name }) => name === stage.needs);
  if (needed && needed.failed > 0) {
    console.log(`not run: it needs "${stage.needs}"`);
    return { name: stage.name, passed: 0, failed: 1, seconds: 0, note: "not run", failures: [] };
  }
  const begin = performance.now();
  let outcome;
  try {
    outcome = await runCommand(stage);
  } catch (error) {
    console.error(error.message);
    outcome = { output: "", succeeded: false };
  }
  const { output, succeeded, note } = outcome;
  // A stage that does without a part of itself says so in a line of its own.
  const partsLeftOut = [...plain(output).matchAll(/^left out: (.+)$/gm)].map(([, what]) => what);
  leftOutWithin.push(...partsLeftOut);
  const mayBeEmpty = stage.mayBeEmpty || partsLeftOut.length > 0;
  const counts = countTests({ runner: stage.counts, output, succeeded, mayBeEmpty });
  const seconds = (performance.now() - begin) / 1000;
  console.log(`── ${stage.name}: ${describe(counts)} in ${seconds.toFixed(1)} s`);
  const failures = counts.failed > 0 ? failedTests({ runner: stage.counts, output }) : [];
  return { name: stage.name, ...counts, seconds, note, failures };
}

async function runCommand({ name, command, display: wantsDisplay, minutes = DEFAULT_MINUTES }) {
  const display = wantsDisplay ? await startDisplay({ windowManager: true }) : undefined;
  const log = createWriteStream(`${LOGS}/${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.log`);
  try {
    running = await start("bash", ["-c", command], {
      env: { ...process.env, ...display?.env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that a stage that hangs can be ended as a whole.
      detached: true,
    });
    if (givenUp) killGroup(running);
    const chunks = [];
    for (const stream of [running.stdout, running.stderr]) {
      stream.on("data", (data) => {
        chunks.push(data);
        process.stdout.write(data);
        log.write(data);
      });
    }
    let note;
    const limit = setTimeout(() => {
      note = `ended after ${minutes} min`;
      killGroup(running);
    }, minutes * 60_000);
    const closed = new Promise((resolve) => running.once("close", resolve));
    const { code } = await running.ended;
    clearTimeout(limit);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
    if (note) console.log(note);
    return { output: Buffer.concat(chunks).toString(), succeeded: code === 0, note };
  } finally {
    running = undefined;
    log.end();
    await finished(log);
    await display?.stop();
  }
}

/** The stage ends, and with it, in its own order, the display that it was shown on. */
function giveUp() {
  givenUp = true;
  if (running) killGroup(running);
}

function describe({ passed, failed }) {
  return failed > 0 ? `${passed} passed, ${failed} FAILED` : `${passed} passed`;
}

/** Prints what failed, the table and the last line; answers the exit code. */
function sumUp() {
  reportFailures();
  const width = Math.max(...results.map(({ name }) => name.length), 0);
  console.log("\n━━ Summary");
  for (const { name, passed, failed, seconds, note } of results) {
    const cells = [
      failed > 0 ? "✗" : "✓",
      name.padEnd(width),
      `${passed} passed`.padStart(12),
      `${failed} failed`.padStart(10),
      `${seconds.toFixed(1)} s`.padStart(10),
      note ?? "",
    ];
    console.log(cells.join("  ").trimEnd());
  }
  if (leftOut.length > 0) console.log(`\nLeft out, as they need Linux: ${leftOut.join(", ")}`);
  for (const what of leftOutWithin) console.log(`\nLeft out: ${what}`);
  const failed = results.flatMap(({ name: stage, failures }) =>
    failures.map(({ name }) => (name === undefined ? `${stage} as a whole` : `${stage}: ${name}`)),
  );
  if (failed.length > 0) console.log(`\nFailed:\n${failed.map((each) => `  ${each}`).join("\n")}`);
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  console.log(`\n${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0 && total("passed") > 0 ? 0 : 1;
}

/** The first lines of what each failed test said; the whole stands in the stage's log. */
function reportFailures() {
  for (const { name: stage, failures } of results) {
    for (const { name, report } of failures.filter((failure) => failure.report.length > 0)) {
      console.log(`\n━━ Failed: ${stage}${name === undefined ? "" : `: ${name}`}`);
      console.log(report.join("\n"));
    }
  }
}
