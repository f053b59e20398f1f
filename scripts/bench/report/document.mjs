// The report in Markdown, from the results of one run and the notes on them.
import { inWords } from "../owed.mjs";
import { median, show, summary } from "../statistics.mjs";
import { plot } from "./plot.mjs";
import { isMeasured, sidesOf, verdict, winsAgainstUs } from "./verdicts.mjs";

const VERDICTS = { met: "met", missed: "**missed**", open: "not measured" };

/**
 * Answers `{ markdown, plots }`; `plots` is the text of each SVG by its file's
 * name. `subjects` has the title and the method of each. A note on a row that
 * does not exist is an error: it would be lost in silence.
 */
export function report(results, subjects, notes) {
  refuseStrayNotes(results, notes);
  const plots = new Map();
  const parts = [
    heading(results),
    glance(results),
    wins(results),
    ...subjects.map((subject) => section(subject, results.subjects[subject.name], notes, plots)),
  ];
  return { markdown: `${parts.filter(Boolean).join("\n\n")}\n`, plots };
}

/** The short table, for the README. */
export function shortTable(results) {
  const lines = glanceLines(results).map(({ what, ours, beside }) => [what, ours, beside]);
  return markdownTable(["what", "here", "beside it"], lines);
}

function heading({ date, machine, took_s }) {
  const { cpus, model, memory_gib, kernel, load, commit, versions } = machine;
  const used = Object.entries(versions).filter(([, version]) => version).map(([name, version]) => `${name} ${version}`);
  return `# Benchmarks

<!-- Made by scripts/bench/report.mjs from benchmarks/results.json and benchmarks/notes.json: change those. -->

Measured in one run of ${Math.round(took_s / 60)} minutes on ${date.slice(0, 10)} at commit ${commit}: ${cpus} × ${model}, ${memory_gib} GiB, Linux ${kernel}, load at the beginning ${load}. With ${used.join(", ")}.

Absolute figures are a guide to this machine class; what counts are the ratios within the run. Each table has the median, the spread, and the number of samples; in the plots each dot is a sample and the line is the median. \`npm run bench -- --publish\` on a quiet machine measures it all again and writes this page; the samples are in [results.json](benchmarks/results.json).`;
}

const tablesOf = (results) => Object.values(results.subjects).flatMap(({ tables }) => tables);

/** A figure with its unit. */
function figure(row, table) {
  const unit = row.unit ?? table.unit;
  return [show(median(row.samples)), unit].filter(Boolean).join(" ");
}

function glanceLines(results) {
  return tablesOf(results)
    .filter((table) => table.glance)
    .flatMap((table) => {
      const owed = table.rows.filter((row) => row.owed);
      const lines = owed.length ? owed : sidesOf(table).ours.slice(0, 1);
      return lines.map((row) => ({
        what: `${table.glance}${lines.length > 1 || row.unit !== undefined ? `: ${row.what}` : ""}`,
        owed: row.owed ? inWords(row.owed) : "",
        ours: isMeasured(row) ? figure(row, table) : `- (${row.missing ?? "not measured"})`,
        verdict: VERDICTS[verdict(row)] ?? "",
        beside: beside(row, table),
      }));
    });
}

function beside(row, table) {
  if (row.unit !== undefined) return "";
  const { others } = sidesOf(table);
  return others
    .filter(({ kind }) => kind === row.kind)
    .map((other) => `${other.what} ${figure(other, table)}`)
    .join("; ");
}

function glance(results) {
  const lines = glanceLines(results).map(({ what, owed, ours, verdict, beside }) => [what, owed, ours, verdict, beside]);
  return `## At a glance\n\n${markdownTable(["what, median", "owed", "here", "", "beside it"], lines)}`;
}

function wins(results) {
  const lines = tablesOf(results).flatMap((table) =>
    winsAgainstUs(table).map(
      ({ other, ours }) => `- ${table.glance ?? table.title}: **${other.what}** ${figure(other, table)}, ${ours.what} ${figure(ours, table)}.`,
    ),
  );
  const none = "In no row of this run.";
  return `## Where another is better\n\n${lines.length ? lines.join("\n") : none}`;
}

function section({ name, title, about }, result, notes, plots) {
  const parts = [`## ${title}`, ...about];
  if (!result) parts.push("Not part of this run.");
  if (result?.error) parts.push(`Could not be measured: ${result.error}`);
  for (const table of result?.tables ?? []) {
    if (result.tables.length > 1) parts.push(`### ${table.title}`);
    const picture = plot(table);
    if (picture) {
      plots.set(`${table.id}.svg`, picture);
      parts.push(`![${table.title}: the figures of the table below](benchmarks/${table.id}.svg)`);
    }
    parts.push(rowsTable(table), ...missedNotes(table, notes));
  }
  return [...parts, ...(notes.remarks?.[name] ?? [])].join("\n\n");
}

function rowsTable(table) {
  const lines = table.rows.map((row) => {
    const what = `${row.part ? "– " : ""}${row.what}`;
    const owed = row.owed ? `${inWords(row.owed)}: ${VERDICTS[verdict(row)]}` : "";
    if (!isMeasured(row)) return [what, `- ${row.missing ?? "not measured"}`, "", "", "", owed];
    const all = summary(row.samples);
    const spread = `${show(all.min)} – ${show(all.max)}`;
    return [what, figure(row, table), show(all.p95), spread, String(all.runs), owed];
  });
  return markdownTable(["", "median", "p95", "min – max", "n", "owed"], lines);
}

function missedNotes(table, notes) {
  return table.rows
    .filter((row) => verdict(row) === "missed")
    .map((row) => {
      const why = notes.missed?.[`${table.id}: ${row.what}`];
      return `*Missed*, ${row.what}: ${why ?? "the reason is not known yet."}`;
    });
}

function refuseStrayNotes(results, notes) {
  const rows = new Set(tablesOf(results).flatMap(({ id, rows }) => rows.map(({ what }) => `${id}: ${what}`)));
  const stray = [
    ...Object.keys(notes.missed ?? {}).filter((key) => !rows.has(key)),
    ...Object.keys(notes.remarks ?? {}).filter((key) => !(key in results.subjects)),
  ];
  if (stray.length) throw new Error(`notes on what is not in the results: ${stray.join(", ")}`);
}

const cell = (text) => text.replaceAll("|", "\\|");

/** Words to the left, figures to the right. */
function markdownTable(head, lines) {
  const rules = head.map((word) => (["median", "p95", "min – max", "n", "here"].includes(word) ? "---:" : "---"));
  return [head, rules, ...lines.map((line) => line.map(cell))].map((line) => `| ${line.join(" | ")} |`).join("\n");
}
