// `case-rounds.sh`: how random input is dealt out to rounds.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));

/** Calls it with a command that tells what it was given, once for each round. */
function rounds(variables, command = 'echo "round $PROPTEST_CASES $PROPTEST_RNG_SEED"') {
  const script = `set -euo pipefail; source case-rounds.sh; it() { ${command}; }; case_rounds parts 1000 it; echo over`;
  const { MINUTES, CASES, SEED, ...env } = process.env;
  const { status, stdout } = spawnSync("bash", ["-c", script], { cwd: folder, env: { ...env, ...variables }, encoding: "utf8" });
  return { status, lines: stdout.trim().split(/\r?\n/), given: stdout.match(/^round .*$/gm) ?? [] };
}

test("all cases are dealt out, each round with the next seed", () => {
  const { status, given, lines } = rounds({ SEED: "7" });
  assert.equal(status, 0);
  assert.deepEqual(given, Array.from({ length: 10 }, (_, n) => `round 100 ${7 + n}`));
  assert.deepEqual(lines.slice(-2), ["parts: 1000 cases of each property, 0 min", "over"]);
});

test("no round is left out for a remainder, and few cases are a round each", () => {
  assert.equal(rounds({ CASES: "11", SEED: "1" }).given.length, 6, "two in each of six");
  assert.deepEqual(rounds({ CASES: "3", SEED: "1" }).given, ["round 1 1", "round 1 2", "round 1 3"]);
});

test("no round begins when the time is over", () => {
  const { status, given, lines } = rounds({ MINUTES: "1", SEED: "1" }, 'echo "round $PROPTEST_RNG_SEED"; SECONDS=60');
  assert.equal(status, 0);
  assert.deepEqual(given, ["round 1"]);
  assert.equal(lines.at(-2), "parts: 100 cases of each property, 1 min");
});

test("it fails with the round that fails, and where none was run", () => {
  const failed = rounds({ SEED: "1" }, 'echo "round $PROPTEST_RNG_SEED"; [[ $PROPTEST_RNG_SEED != 2 ]]');
  assert.notEqual(failed.status, 0);
  assert.deepEqual(failed.given, ["round 1", "round 2"]);
  assert.notEqual(rounds({ MINUTES: "0" }).status, 0);
});
