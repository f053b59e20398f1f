// Writes docs/benchmarks.md and its plots from docs/benchmarks/results.json.
//
//   node scripts/bench/report.mjs            draws them again
//   node scripts/bench/report.mjs FILE       takes this run's results first
//   node scripts/bench/report.mjs --readme   prints the short table instead
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { report, shortTable } from "./report/document.mjs";
import { subjects } from "./subjects/index.mjs";

const docs = resolve(fileURLToPath(import.meta.url), "../../../docs");
const folder = join(docs, "benchmarks");
const resultsFile = join(folder, "results.json");

/** Takes the results of one run, as text, and writes the report from them. */
export function publish(text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(resultsFile, text);
  const { markdown, plots } = drawn();
  for (const name of readdirSync(folder)) if (name.endsWith(".svg")) rmSync(join(folder, name));
  for (const [name, svg] of plots) writeFileSync(join(folder, name), svg);
  writeFileSync(join(docs, "benchmarks.md"), markdown);
  console.log(`Written: docs/benchmarks.md and ${plots.size} plots.`);
}

const read = (file) => JSON.parse(readFileSync(file, "utf8"));

/** What the report is to be, from what is committed. */
export const drawn = () => report(read(resultsFile), subjects, read(join(folder, "notes.json")));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const word = process.argv[2];
  if (word === "--readme") console.log(shortTable(read(resultsFile)));
  else publish(readFileSync(word ?? resultsFile, "utf8"));
}
