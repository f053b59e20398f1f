// The table of complaints names tests that exist, so that it cannot rot.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const root = fileURLToPath(new URL("../..", import.meta.url));
const table = readFileSync(`${root}/docs/complaints.md`, "utf8");

/** Short paths, as the table's own head explains them. */
const FOLDERS = [
  [/^(processes|engine|telemetry|matrix)\//, "crates/fake-host/tests/$&"],
  [/^core\//, "crates/sidecar-lifecycle/src/$&"],
  [/^(src|tests)\//, "crates/sidecar-lifecycle/$&"],
];

const rows = [...table.matchAll(/^\| ([A-D])(\d+) \|(.*)\|$/gm)].map(([, group, number, rest]) => {
  const [complaint, applies, tests] = rest.split(" | ").map((cell) => cell.trim());
  const named = [...tests.matchAll(/`([^`]+)` · `([^`]+)`/g)].map(([, file, name]) => ({ file, name }));
  return { id: `${group}${number}`, number: Number(number), complaint, applies, tests: named };
});

function pathOf(file) {
  const short = FOLDERS.find(([pattern]) => pattern.test(file));
  return `${root}/${short ? file.replace(...short) : file}`;
}

/** Whether a file of Rust has this test: a function, `way::case` in a table of cases, or `victim::how` in the kill matrix. */
function has(source, name) {
  const [way, row] = name.split("::");
  if (row === undefined) return new RegExp(`#\\[test\\]\\s+(?:#\\[[^\\]]+\\]\\s+)*fn ${name}\\(`).test(source);
  const matrix = source.match(new RegExp(`^ +${way} [A-Z]\\w+ \\{([^}]*)\\}`, "m"));
  if (matrix) return new RegExp(`\\b${row} [A-Z]`).test(matrix[1]);
  const cases = [...source.matchAll(/(\w+) [A-Z_]+(?=[,;)\s])/g)].map(([, found]) => found);
  return new RegExp(`^\\s*${way}(?: =>|:) `, "m").test(source) && cases.includes(row);
}

test("each of the 44 groups has its row, in order", () => {
  assert.deepEqual(rows.map((row) => row.number), Array.from({ length: 44 }, (_, n) => n + 1));
});

test("each that applies names tests, and each test that is named exists", () => {
  for (const { id, applies, tests } of rows) {
    assert.ok(tests.length > 0 || applies.startsWith("no"), `${id} names no test`);
    for (const { file, name } of tests) {
      const path = pathOf(file);
      assert.ok(existsSync(path), `${id}: there is no ${file}`);
      assert.ok(has(readFileSync(path, "utf8"), name), `${id}: ${file} has no test ${name}`);
    }
  }
});

test("what is not there is found missing", () => {
  const source = "#[test]\nfn there() {}\nfn helper() {}\n    sigkill => torn(X);\n    plain PLAIN, deaf DEAF;\n";
  assert.ok(has(source, "there") && has(source, "sigkill::deaf"));
  for (const name of ["helper", "the", "sigkill::floods", "sigterm::deaf"]) assert.ok(!has(source, name), name);
  const matrix = "rows! {\n    host Host {\n        sigkill Sigkill,\n        abort Abort\n    }\n    both Both {\n        sigterm Sigterm\n    }\n}\n";
  assert.ok(has(matrix, "host::sigkill") && has(matrix, "host::abort") && has(matrix, "both::sigterm"));
  for (const name of ["host::sigterm", "both::abort", "leader::sigkill"]) assert.ok(!has(matrix, name), name);
});
