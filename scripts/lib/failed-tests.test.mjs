// What every runner prints of a failure, as it really looks.
import assert from "node:assert/strict";
import { test } from "node:test";

import { failedTests } from "./failed-tests.mjs";

test("cargo test: names, what they said, and a program that crashed", () => {
  const output = `     Running tests/a.rs (target/debug/deps/a-fe483f09a70eafe2)

running 1 test
before the crash
error: test failed, to rerun pass \`--test a\`

Caused by:
  process didn't exit successfully: \`wine target/debug/deps/a-fe483f09a70eafe2.exe\` (exit status: 3)
     Running tests/b.rs (target/debug/deps/b-e5e544f6cc47547c)

running 3 tests
test m::fine ... ok
test m::fails ... FAILED
test m::returns ... FAILED

failures:

---- m::returns stdout ----
Error: "no"

---- m::fails stdout ----

thread 'm::fails' (16976) panicked at tests/b.rs:1:47:
assertion \`left == right\` failed


failures:
    m::fails
    m::returns

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.13s

error: test failed, to rerun pass \`--test b\`
error: 2 targets failed:
    \`--test a\`
    \`--test b\`
`;
  const [crashed, returns, fails, ...none] = failedTests({ runner: "cargo", output });
  assert.deepEqual(none, []);
  assert.deepEqual(returns, { name: "tests/b.rs m::returns", report: ['Error: "no"'] });
  assert.equal(fails.name, "tests/b.rs m::fails");
  assert.equal(fails.report.at(-1), "assertion `left == right` failed");
  assert.match(fails.report[0], /panicked at tests\/b.rs:1:47/);
  assert.equal(crashed.name, "all of `--test a`");
  assert.ok(crashed.report.includes("before the crash"));
  assert.match(crashed.report.at(-1), /exit status: 3/);
});

test("cargo test: two programs may have a test of one name", () => {
  const of = (file) => `     Running tests/${file}.rs (target/debug/deps/${file}-0)\n\n---- same stdout ----\n${file}\n\n\nfailures:\n    same\n`;
  const found = failedTests({ runner: "cargo", output: of("a") + of("b") });
  assert.deepEqual(found, [
    { name: "tests/a.rs same", report: ["a"] },
    { name: "tests/b.rs same", report: ["b"] },
  ]);
});

test("nextest tells each twice, and counts once", () => {
  const output = `        PASS [   0.005s] engine::ports one
        FAIL [   0.005s] (2/3) engine::ports a::two
  stdout ───

    running 1 test
    test a::two ... FAILED

    failures:

  stderr ───

    thread 'a::two' (7) panicked at tests/a.rs:1:1:
    assertion failed
        PASS [   0.005s] engine::ports four
\x1b[31;1m     SIGABRT\x1b[0m [   0.100s] engine::ports three
────────────
     Summary [   0.1s] 3 tests run: 1 passed, 2 failed, 0 skipped
        FAIL [   0.005s] (2/3) engine::ports a::two
     SIGABRT [   0.100s] engine::ports three
`;
  assert.deepEqual(failedTests({ runner: "nextest", output }), [
    {
      name: "engine::ports a::two",
      report: ["    thread 'a::two' (7) panicked at tests/a.rs:1:1:", "    assertion failed"],
    },
    { name: "engine::ports three", report: [] },
  ]);
});

test("vitest", () => {
  const output = "\x1b[31m FAIL \x1b[39m src/a.test.ts > shows > one\nAssertionError: expected 1 to be 2\n";
  const [one] = failedTests({ runner: "vitest", output });
  assert.equal(one.name, "src/a.test.ts > shows > one");
  assert.deepEqual(one.report, ["AssertionError: expected 1 to be 2"]);
});

test("node: where each test stands, and what it said", () => {
  const output = `✖ outer fails (2.04ms)
✔ fine (0.1ms)
ℹ fail 2

✖ failing tests:

test at a.test.mjs:2:1
✖ outer fails (2.04ms)
  AssertionError [ERR_ASSERTION]: no

test at a.test.mjs:3:47
✖ inner > one (0.21ms)
  Error: boo
`;
  assert.deepEqual(failedTests({ runner: "node", output }), [
    { name: "a.test.mjs:2:1 outer fails", report: ["  AssertionError [ERR_ASSERTION]: no"] },
    { name: "a.test.mjs:3:47 inner > one", report: ["  Error: boo"] },
  ]);
});

test("where no test is found, the end of the output is told", () => {
  for (const runner of [undefined, "cargo", "nextest", "vitest", "node"]) {
    const output = `${"line\n".repeat(50)}error: could not compile\n\n`;
    const [only, ...none] = failedTests({ runner, output });
    assert.deepEqual(none, [], runner);
    assert.equal(only.name, undefined, runner);
    assert.equal(only.report.at(-1), "error: could not compile", runner);
    assert.ok(only.report.length < 50, runner);
  }
});

test("many failures are all named, and some reported", () => {
  const output = Array.from({ length: 9 }, (_, n) => `---- test_${n} stdout ----\nsaid ${n}\n`).join("\n");
  const found = failedTests({ runner: "cargo", output });
  assert.equal(found.length, 9);
  assert.deepEqual(found[0].report, ["said 0"]);
  assert.deepEqual(found[8], { name: "test_8", report: [] });
});
