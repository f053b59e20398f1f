// The benchmark's report: what it says of results, and that the committed one is
// made from the committed results.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { atMost, holds, inWords } from "../bench/owed.mjs";
import { report, shortTable } from "../bench/report/document.mjs";
import { plot } from "../bench/report/plot.mjs";
import { winsAgainstUs } from "../bench/report/verdicts.mjs";
import { drawn } from "../bench/report.mjs";
import { quantile, show, summary } from "../bench/statistics.mjs";

const FOLDER = "docs/benchmarks";

const table = {
  ...{ id: "lag", title: "Lag", unit: "ms", scale: "log", better: "less", glance: "How late" },
  rows: [
    { what: "ours", ours: true, samples: [1, 2, 9], owed: atMost({ median: 3 }) },
    { what: "ours, twice", ours: true, samples: [4, 4], owed: atMost({ median: 3 }) },
    { what: "a part of ours", ours: true, part: true, samples: [0.1] },
    { what: "slow | one", samples: [50, 70] },
    { what: "quick one", samples: [0, 0.5] },
    { what: "absent one", samples: [], missing: "not installed: no network" },
    { what: "a ratio", ours: true, unit: "×", samples: [0.8], owed: [["median", "≥", 0.7]] },
  ],
};
const subjects = [{ name: "lags", title: "Lags", about: ["How it is measured."] }];
const results = {
  date: "2026-02-03T04:05:06.000Z",
  took_s: 120,
  machine: { cpus: 2, model: "A CPU", memory_gib: 4, kernel: "6.1", load: "0.10", commit: "abc1234", versions: { node: "20.1.0", lsof: undefined } },
  subjects: { lags: { tables: [table] } },
};
const made = (notes = {}) => report(results, subjects, notes);

test("the committed report and plots are what the committed results make", () => {
  const committed = readdirSync(FOLDER).filter((name) => name.endsWith(".svg"));
  if (!existsSync(`${FOLDER}/results.json`)) {
    assert.deepEqual({ page: existsSync("docs/benchmarks.md"), committed }, { page: false, committed: [] }, "without results");
    return;
  }
  const { markdown, plots } = drawn();
  assert.equal(readFileSync("docs/benchmarks.md", "utf8"), markdown, "run `node scripts/bench/report.mjs`");
  assert.deepEqual(committed.sort(), [...plots.keys()].sort());
  for (const [name, svg] of plots) assert.equal(readFileSync(`${FOLDER}/${name}`, "utf8"), svg, name);
});

test("each row has its median, p95, spread and number, and whether it is as owed", () => {
  const { markdown } = made();
  assert.match(markdown, /\| ours \| 2 ms \| 8\.30 \| 1 – 9 \| 3 \| median ≤ 3: met \|/);
  assert.match(markdown, /\| ours, twice \| 4 ms \| 4 \| 4 – 4 \| 2 \| median ≤ 3: \*\*missed\*\* \|/);
  assert.match(markdown, /\| slow \\\| one \| 60 ms /);
  assert.match(markdown, /\| absent one \| - not installed: no network \|/);
  assert.match(markdown, /\| a ratio \| 0\.80 × /);
});

test("a miss is explained by its note, which stays when the report is made anew", () => {
  assert.match(made().markdown, /\*Missed\*, ours, twice: the reason is not known yet\./);
  const notes = { missed: { "lag: ours, twice": "it waits for two." }, remarks: { lags: ["A remark."] } };
  const { markdown } = made(notes);
  assert.match(markdown, /\*Missed\*, ours, twice: it waits for two\./);
  assert.match(markdown, /^A remark\.$/m);
});

test("a note on what is not there is refused", () => {
  assert.throws(() => made({ missed: { "lag: nobody": "…" } }), /lag: nobody/);
  assert.throws(() => made({ remarks: { nothing: ["…"] } }), /nothing/);
});

test("who is better than we are is said, and nobody else", () => {
  const { markdown } = made();
  const section = markdown.split("## Where another is better")[1].split("##")[0];
  assert.match(section, /quick one\*\* 0\.25 ms, ours 2 ms/);
  assert.doesNotMatch(section, /slow/);
});

test("a rival is compared with what does the same, and more can be better", () => {
  const row = (what, kind, ours, sample) => ({ what, kind, ours, samples: [sample] });
  const rows = [row("ours a", "a", true, 1), row("ours b", "b", true, 100), row("their b", "b", false, 50)];
  const names = (of) => winsAgainstUs(of).map(({ other, ours }) => [other.what, ours.what]);
  assert.deepEqual(names({ better: "less", rows }), [["their b", "ours b"]]);
  assert.deepEqual(names({ better: "more", rows }), []);
});

test("a subject that could not be measured says so", () => {
  const broken = { ...results, subjects: { lags: { error: "no display", tables: [] } } };
  assert.match(report(broken, subjects, {}).markdown, /Could not be measured: no display/);
});

test("the short table has a line for each figure owed, and who stands beside it", () => {
  const lines = shortTable(results).split("\n").slice(2);
  assert.equal(lines.length, 3);
  assert.match(lines[0], /\| How late: ours \| 2 ms \| slow \\\| one 60 ms; quick one 0\.25 ms \|/);
});

test("the plot has a dot for each sample within its frame, and each row's own words", () => {
  const svg = made().plots.get("lag.svg");
  const places = [...svg.matchAll(/class="dot" cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  assert.equal(places.length, 3 + 2 + 1 + 2 + 2, "ratios have no place on this axis");
  assert.ok(places.every((x) => x >= 290 && x <= 770), String(places));
  assert.match(svg, />absent one<.*not installed: no network</);
  assert.match(svg, /ms, logarithmic, less is better/);
  assert.equal(svg.match(/class="owed" .*?x1="([\d.]+)"/g).length, 3, "the legend's and two rows'");
  assert.match(svg, /prefers-color-scheme: dark/);
});

test("a linear plot begins at zero and shows what is below it", () => {
  const places = (samples) => {
    const svg = plot({ ...table, scale: "linear", rows: [{ what: "it", samples }] });
    return [...svg.matchAll(/class="dot" cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  };
  assert.deepEqual(places([0, 10]), [290, 770]);
  assert.ok(places([-1, 10]).every((x) => x >= 290 && x <= 770));
  assert.deepEqual(places([0, 0]), [290, 290]);
});

test("quantiles interpolate, and figures have three digits", () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(summary([1, 2, 3]).max, 3);
  assert.deepEqual([0.12345, 12.345, 123.45, 7, 12_345].map(show), ["0.12", "12.3", "123", "7", "12,345"]);
});

test("what is owed is told and judged from the same data", () => {
  const owed = atMost({ median: 2, p95: 5 });
  assert.equal(inWords(owed), "median ≤ 2, p95 ≤ 5");
  assert.equal(holds(owed, { median: 2, p95: 5 }), true);
  assert.equal(holds(owed, { median: 1, p95: 6 }), false);
});
