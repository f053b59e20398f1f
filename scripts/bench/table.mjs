// The result as a person reads it.
import { summary } from "./statistics.mjs";

const COLUMNS = ["", "median", "min – max", "p95", "runs", "owed"];

/** Prints one subject: its title, and a row for each thing measured. */
export function printSubject({ title, unit, rows, notes = [] }) {
  const lines = rows.map((row) => cells(row));
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i].length)));
  const print = (line) => console.log(`  ${line.map((cell, i) => pad(cell, widths[i], i)).join("   ")}`.trimEnd());
  console.log(`\n${title}${unit ? ` (${unit})` : ""}`);
  print(COLUMNS);
  for (const line of lines) print(line);
  for (const note of notes) console.log(`  ${note}`);
}

function cells({ what, samples, missing, owed }) {
  if (!samples?.length) return [what, `- ${missing ?? "not measured"}`, "", "", "", owed?.text ?? ""];
  const { runs, median, p95, min, max } = summary(samples);
  const verdict = owed ? `${owed.holds(summary(samples)) ? "holds " : "MISSED"}  ${owed.text}` : "";
  return [what, show(median), `${show(min)} – ${show(max)}`, show(p95), String(runs), verdict];
}

/** Three digits that mean something. */
export function show(number) {
  const size = Math.abs(number);
  if (Number.isInteger(number) && size < 100) return String(number);
  return number.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

/** Words to the left, numbers to the right. */
function pad(cell, width, column) {
  return column === 0 || column === COLUMNS.length - 1 || cell.startsWith("- ") ? cell.padEnd(width) : cell.padStart(width);
}
