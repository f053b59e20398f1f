// Puts the results of the last attack into docs/attack.md, between its marks.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const DOCUMENT = "docs/attack.md";
const read = (name) => {
  const file = `artifacts/attack/${name}.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
};
const ms = (number) => (number < 10 ? number.toFixed(1) : String(Math.round(number)));
const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

function matrix({ cells, grace_ms, jobs, cpus, load, optimised }) {
  const applies = cells.filter((cell) => cell.applies);
  const sum = (key) => applies.reduce((all, cell) => all + cell[key], 0);
  const rows = applies.map((cell) => [
    `${cell.victim} / ${cell.how} / ${cell.tree}`,
    cell.expected,
    cell.runs,
    cell.not_as_expected,
    cell.survivors,
    ...(cell.empty_ms ? [ms(cell.empty_ms.p50), ms(cell.empty_ms.p95), ms(cell.empty_ms.max)] : ["", "", ""]),
  ]);
  const out = new Map(cells.filter((cell) => !cell.applies).map((c) => [`${c.victim} / ${c.how}`, c.expected]));
  return [
    `${sum("runs").toLocaleString("en")} runs, ${sum("not_as_expected")} not as expected, ${sum("survivors")} survivors. ` +
      `${jobs} at a time on ${cpus} CPUs, load ${load} at the end, ${optimised ? "an optimised build" : "a build without optimisation"}, ` +
      `grace ${grace_ms} ms. The last three columns are milliseconds from the attack until nothing of the attacked tree was left.`,
    table(["victim / how / tree", "expected", "runs", "not as expected", "survivors", "p50", "p95", "max"], rows),
    "Left out, each for all trees:",
    [...out].map(([row, why]) => `- ${row}: ${why}.`).join("\n"),
  ].join("\n\n");
}

function rivals({ results, versions, patience_ms, profile }) {
  const runs = Math.max(...results.map((each) => each.survivors.length));
  const trees = [...new Set(results.map((each) => each.tree))];
  const managers = [...new Set(results.map((each) => each.manager))];
  const cell = (manager, tree, end) => {
    const { survivors, failed } = results.find((e) => e.manager === manager && e.tree === tree && e.end === end);
    return survivors.length ? [...new Set(survivors)].sort((a, b) => a - b).join(", ") : `- ${failed}`;
  };
  const of = (end) => table(["tree", ...managers], trees.map((tree) => [tree, ...managers.map((m) => cell(m, tree, end))]));
  const named = Object.entries(versions).filter(([name]) => ["pm2", "concurrently", "supervisor"].includes(name));
  named.push(["tauri-plugin-shell", pinned("shell-app", "tauri-plugin-shell")], ["process-wrap", pinned("wrapped", "process-wrap")]);
  return [
    `Processes left ${patience_ms / 1000} s after the end of the manager or its answer, ${runs === 1 ? "in one run of each" : `every number that came in ${runs} runs`}, all built for ${profile}. ` +
      `${named.map(([name, version]) => `${name} ${version}`).join(", ")}; the recipe is scripts/attack/recipe.mjs. ` +
      "The shell plugin and process-wrap are given the most that they offer: a group of its own for the child, the end of that group on a stop, and for the shell plugin its end with the app (scripts/attack/native).",
    "SIGKILL of the manager:",
    of("SIGKILL"),
    "A stop that was asked for:",
    of("stop"),
  ].join("\n\n");
}

/** The version that a crate of scripts/attack/native asks for. */
function pinned(crate, dependency) {
  const manifest = readFileSync(new URL(`native/${crate}/Cargo.toml`, import.meta.url), "utf8");
  return new RegExp(`^${dependency} = .*?"=([\\d.]+)"`, "m").exec(manifest)[1];
}

let text = readFileSync(DOCUMENT, "utf8");
for (const [name, write] of [["matrix", matrix], ["rivals", rivals]]) {
  const results = read(name);
  if (!results) continue;
  const part = new RegExp(`(<!-- generated: ${name} -->\n)[^]*?(<!-- end: ${name} -->)`);
  text = text.replace(part, (_, begin, end) => `${begin}\n${write(results)}\n\n${end}`);
}
writeFileSync(DOCUMENT, text);
