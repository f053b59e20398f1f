// What the rows of a table say: owed and met, and who is better.
import { holds } from "../owed.mjs";
import { median, summary } from "../statistics.mjs";

export const isMeasured = ({ samples }) => samples.length > 0;

/** `met`, `missed`, `open` where nothing was measured, or nothing where nothing is owed. */
export function verdict({ owed, samples }) {
  if (!owed) return undefined;
  if (samples.length === 0) return "open";
  return holds(owed, summary(samples)) ? "met" : "missed";
}

/** Rows that stand for a whole way of doing it, in the table's own unit. */
const contenders = ({ rows }) => rows.filter((row) => isMeasured(row) && !row.part && row.unit === undefined);

/** What others are measured against ours in a table: ours first, then those beside it. */
export function sidesOf(table) {
  const all = contenders(table);
  return { ours: all.filter(({ ours }) => ours), others: all.filter(({ ours }) => !ours) };
}

/** Who beats ours in a table: `{ other, ours }`, each compared with ours of its kind. */
export function winsAgainstUs(table) {
  const { ours, others } = sidesOf(table);
  const better = (a, b) => (table.better === "more" ? a > b : a < b);
  const wins = [];
  for (const other of others) {
    const rivals = ours.filter(({ kind }) => kind === other.kind);
    if (rivals.length === 0) continue;
    const best = rivals.reduce((one, two) => (better(median(two.samples), median(one.samples)) ? two : one));
    if (better(median(other.samples), median(best.samples))) wins.push({ other, ours: best });
  }
  return wins;
}
