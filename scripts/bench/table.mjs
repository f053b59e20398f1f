// One table of results as a person reads it in a terminal.
import { holds, inWords } from "./owed.mjs";
import { show, summary } from "./statistics.mjs";

const COLUMNS = ["", "median", "min – max", "p95", "runs", "owed"];

/** Prints its title, and a row for each thing measured. */
export function printTable({ title, unit, rows }) {
  const lines = rows.map((row) => cells(row));
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i].length)));
  const print = (line) => console.log(`  ${line.map((cell, i) => pad(cell, widths[i], i)).join("   ")}`.trimEnd());
  console.log(`\n${title}${unit ? ` (${unit})` : ""}`);
  print(COLUMNS);
  for (const line of lines) print(line);
}

function cells({ what, samples, missing, owed }) {
  if (!samples?.length) return [what, `- ${missing ?? "not measured"}`, "", "", "", owed ? inWords(owed) : ""];
  const all = summary(samples);
  const verdict = owed ? `${holds(owed, all) ? "met   " : "MISSED"}  ${inWords(owed)}` : "";
  return [what, show(all.median), `${show(all.min)} – ${show(all.max)}`, show(all.p95), String(all.runs), verdict];
}

/** Words to the left, numbers to the right. */
function pad(cell, width, column) {
  return column === 0 || column === COLUMNS.length - 1 || cell.startsWith("- ") ? cell.padEnd(width) : cell.padStart(width);
}
