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
