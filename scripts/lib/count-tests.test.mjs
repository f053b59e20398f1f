// The closing lines of every runner, as they really look.
import assert from "node:assert/strict";
import { test } from "node:test";

import { countTests } from "./count-tests.mjs";

const count = (runner, output, succeeded = true, mayBeEmpty = false) => {
  const { passed, failed } = countTests({ runner, output, succeeded, mayBeEmpty });
  return [passed, failed];
};

test("nextest", () => {
  const line = (text) => `\x1b[32;1m     Summary\x1b[0m [   1.816s] ${text}\n`;
  assert.deepEqual(count("nextest", line("43 tests run: 43 passed, 0 skipped")), [43, 0]);
  assert.deepEqual(count("nextest", line("1 test run: 1 passed, 0 skipped")), [1, 0]);
  const mixed = "9 tests run: 5 passed (1 slow, 1 flaky), 2 failed, 1 exec failed, 1 timed out, 3 skipped";
  assert.deepEqual(count("nextest", line(mixed), false), [5, 4]);
  assert.deepEqual(count("nextest", line("3/43 tests run: 2 passed, 1 failed, 0 skipped"), false), [2, 1]);
});

test("cargo test sums over its binaries", () => {
  const output = `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
running 0 tests
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n`;
  assert.deepEqual(count("cargo", output, false), [5, 4]);
});

test("a program of cargo test that crashed counts as a failure beside the others", () => {
  const output = `test result: ok. 3 passed; 0 failed; 0 ignored
error: test failed, to rerun pass \`--test a\`

Caused by:
  process didn't exit successfully: \`a\` (signal: 6, SIGABRT: process abort signal)
test result: FAILED. 2 passed; 1 failed; 0 ignored
error: test failed, to rerun pass \`--test b\`\n`;
  assert.deepEqual(count("cargo", output, false), [5, 2]);
});

test("vitest", () => {
  const output = "\x1b[2m Test Files \x1b[22m 1 failed | 2 passed (3)\n      Tests  1 failed | 21 passed | 2 skipped (24)\n";
  assert.deepEqual(count("vitest", output, false), [21, 1]);
  assert.deepEqual(count("vitest", " Test Files  3 passed (3)\n      Tests  21 passed (21)\n"), [21, 0]);
});

test("node, in both of its notations", () => {
  assert.deepEqual(count("node", "ℹ tests 4\nℹ pass 3\nℹ fail 1\nℹ cancelled 0\n", false), [3, 1]);
  assert.deepEqual(count("node", "# tests 4\n# pass 2\n# fail 1\n# cancelled 1\n", false), [2, 2]);
});

test("a stage without tests of its own is one test", () => {
  assert.deepEqual(count(undefined, "", true), [1, 0]);
  assert.deepEqual(count(undefined, "", false), [0, 1]);
});

test("a failed stage never counts as passed", () => {
  for (const runner of ["nextest", "cargo", "vitest", "node"]) {
    assert.deepEqual(count(runner, "error: could not compile", false), [0, 1], runner);
  }
  // A file that did not load is no failed test for vitest.
  assert.deepEqual(count("vitest", "      Tests  21 passed (21)\n", false), [21, 1]);
});

test("passing without a test is a failure unless it was foreseen", () => {
  assert.deepEqual(count("node", "ℹ pass 0\nℹ fail 0\n"), [0, 1]);
  assert.deepEqual(count("cargo", "test result: ok. 0 passed; 0 failed; 0 ignored", true, true), [0, 0]);
});
