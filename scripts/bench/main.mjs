// Measures one subject after the other, prints each as it is done, and keeps
// every sample. A timing never fails anything; what cannot be measured says why.
//
//   node scripts/bench/main.mjs [--quick] [SUBJECT…]
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { bench, closeAll } from "./machine.mjs";
import { installRivals } from "./rivals.mjs";
import { summary } from "./statistics.mjs";
import * as output from "./subjects/output.mjs";
import * as ports from "./subjects/ports.mjs";
import * as readiness from "./subjects/readiness.mjs";
import * as resting from "./subjects/resting.mjs";
import * as stopping from "./subjects/stopping.mjs";
import * as survivors from "./subjects/survivors.mjs";
import * as window from "./subjects/window.mjs";
import { printSubject } from "./table.mjs";

const subjects = [readiness, stopping, survivors, ports, resting, output, window];

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false } },
});
const names = subjects.map(({ name }) => name);
for (const word of wanted.filter((each) => !names.includes(each))) {
  console.error(`error: no subject ${word}; there are ${names.join(", ")}`);
  process.exit(2);
}

/** A quick look needs a third of the runs, and three at least to have a median. */
const runs = (number) => (options.quick ? Math.max(3, Math.round(number / 3)) : number);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => closeAll().finally(() => process.exit(130)));
}

const machine = { cpus: cpus().length, model: cpus()[0]?.model, kernel: release(), load: loadavg()[0] };
console.log(`${machine.cpus} × ${machine.model}, Linux ${machine.kernel}, load ${machine.load.toFixed(2)}`);
mkdirSync(bench, { recursive: true });
installRivals();

const results = { date: new Date().toISOString(), machine, quick: options.quick, subjects: {} };
for (const subject of subjects) {
  if (wanted.length && !wanted.includes(subject.name)) continue;
  try {
    const result = await subject.measure({ runs });
    printSubject(result);
    results.subjects[subject.name] = keep(result);
  } catch (error) {
    console.log(`\n${subject.name}: could not be measured: ${error.message}`);
    results.subjects[subject.name] = { error: error.message };
  }
}
const file = join(bench, "results.json");
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\nEvery sample: ${file}`);
// Not by running out of work: a rival may hold a pipe open.
process.exit(0);

function keep({ title, unit, rows }) {
  return {
    title,
    unit,
    rows: rows.map(({ what, samples, missing, owed }) => ({
      what,
      owed: owed?.text,
      ...(samples?.length ? { ...summary(samples), holds: owed?.holds(summary(samples)), samples } : { missing }),
    })),
  };
}
