// Measures one subject after the other, prints each as it is done, and keeps
// every sample. A timing never fails anything; what cannot be measured says why.
//
//   node scripts/bench/main.mjs [--quick] [--publish] [--survivors N] [SUBJECT…]
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { describeMachine } from "./environment.mjs";
import { bench, closeAll, now } from "./machine.mjs";
import { publish } from "./report.mjs";
import { installRivals } from "./rivals.mjs";
import { subjects } from "./subjects/index.mjs";
import { printTable } from "./table.mjs";

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    publish: { type: "boolean", default: false },
    survivors: { type: "string" },
  },
});
const names = subjects.map(({ name }) => name);
for (const word of wanted.filter((each) => !names.includes(each))) refuse(`no subject ${word}; there are ${names.join(", ")}`);
if (options.publish && (options.quick || wanted.length)) refuse("what is published is all subjects, in full, from one run");
if (options.survivors && !/^[1-9]\d*$/.test(options.survivors)) refuse("--survivors wants a number of runs");

/** A quick look shows that all of it works, and no figure that means something. */
const runs = (number) => (options.quick ? 1 : number);
const survivors = options.survivors ? Number(options.survivors) : undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => closeAll().finally(() => process.exit(130)));
}

mkdirSync(bench, { recursive: true });
installRivals();
const results = { date: new Date().toISOString(), quick: options.quick, machine: describeMachine(), subjects: {} };
const { cpus, model, kernel, load } = results.machine;
console.log(`${cpus} × ${model}, Linux ${kernel}, load ${load}`);

const begin = now();
for (const subject of subjects) {
  if (wanted.length && !wanted.includes(subject.name)) continue;
  const from = now();
  console.log(`\n━━ ${subject.title}`);
  results.subjects[subject.name] = await measure(subject);
  console.log(`\n── ${((now() - from) / 1000).toFixed(0)} s`);
}
results.took_s = Math.round((now() - begin) / 1000);

const file = join(bench, `${results.date.replace(/[:.]/g, "-")}.json`);
const text = `${JSON.stringify(results, null, 1)}\n`;
writeFileSync(file, text);
console.log(`\nEvery sample: ${file}`);
if (options.publish) publish(text);
// Not by running out of work: a rival may hold a pipe open.
process.exit(0);

async function measure(subject) {
  try {
    const { tables } = await subject.measure({ runs, survivors, quick: options.quick });
    const kept = tables.map(({ rows, ...table }) => ({ ...table, rows: rows.map(keep) }));
    kept.forEach(printTable);
    return { tables: kept };
  } catch (error) {
    console.log(`\ncould not be measured: ${error.message}`);
    return { error: error.message, tables: [] };
  }
}

/** Microseconds are the last digit that a sample keeps; what was not seen is none. */
function keep({ samples = [], ...row }) {
  return { ...row, samples: samples.filter(Number.isFinite).map((sample) => Math.round(sample * 1000) / 1000) };
}

function refuse(why) {
  console.error(`error: ${why}`);
  process.exit(2);
}
