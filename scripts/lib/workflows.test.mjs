// The hosted workflows, held against GitHub's schema, with the jobs that they name. They run
// elsewhere: a mistake would show only after a push.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { validateWorkflow } from "@action-validator/core";

const FOLDER = ".github/workflows";

/** Where a workflow is wrong, and why. */
const mistakesIn = (text) => validateWorkflow(text).errors;

const workflow = (step, needs) => `
on: push
jobs:
  first: { runs-on: ubuntu-24.04, steps: [{ run: "true" }] }
  second: { runs-on: ubuntu-24.04, needs: ${needs}, steps: [${step}] }
`;

test("a word that GitHub does not know and a job that is not there are found", () => {
  assert.deepEqual(mistakesIn(workflow("{ run: npm test }", "first")), []);
  assert.notDeepEqual(mistakesIn(workflow("{ rum: npm test }", "first")), []);
  assert.notDeepEqual(mistakesIn(workflow("{ run: npm test }", "third")), []);
});

test("a push does not end the weekly run, and its jobs have the time that their attacks take", () => {
  const text = readFileSync(`${FOLDER}/ci.yml`, "utf8");
  assert.match(text, /group:.*github\.event_name/);
  const longSuite = text.slice(text.indexOf("  long-suite:"));
  const number = (pattern) => Number(pattern.exec(longSuite)[1]);
  assert.ok(number(/MINUTES: "(\d+)"/) + 90 <= number(/timeout-minutes: (\d+)/), "what is built comes on top");
  const listed = /part: \[(.+)\]/.exec(longSuite)[1].split(", ");
  const added = [...longSuite.matchAll(/part: (\w+) \}/g)].map(([, part]) => part);
  const parts = readdirSync("scripts/attack").filter((name) => name.endsWith(".sh"));
  assert.deepEqual([...listed, ...added].sort(), parts.map((name) => name.slice(0, -3)).sort());
});

test("every workflow is one that GitHub takes", () => {
  const files = readdirSync(FOLDER);
  assert.ok(files.length > 0);
  for (const file of files) {
    const text = readFileSync(`${FOLDER}/${file}`, "utf8");
    assert.deepEqual(mistakesIn(text), [], file);
    assert.match(text, /^permissions:/m, `${file} says what its token may do`);
    assert.match(text, /timeout-minutes:/, `${file} ends by itself`);
    for (const [use, version] of text.matchAll(/uses: *(?:[\w./-]+)(@\S+)?/g)) {
      assert.ok(version, `${file}: ${use} names no version`);
    }
  }
});
