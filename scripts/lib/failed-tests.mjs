// Finds in what a test runner printed which tests failed and what each of them said.
//
// A log of thousands of lines ends with numbers; whoever reads only its end, as in a report of a CI
// run, still has to learn what broke.
import { plain } from "./count-tests.mjs";

/** So much of what a test said is repeated, in lines. */
const REPORT_LINES = 12;
/** So many tests of a stage are reported; all are named. */
const REPORTS = 5;
/** What stands before the end of a program that crashed, or of a stage without tests, in lines. */
const LAST_LINES = 20;

const readers = {
  /** `---- NAME stdout ----`; a program that crashed is told by its target and by how it ended */
  cargo(lines) {
    let program = "";
    const found = [];
    lines.forEach((line, at) => {
      program = /^ +Running (.+) \(.+\)$/.exec(line)?.[1] ?? program;
      const test = /^---- (.+) std(?:out|err) ----$/.exec(line)?.[1];
      if (test) found.push({ name: `${program} ${test}`.trim(), report: below(lines, at, /^(?:---- .+ ----|failures:)$/) });
      const target = /^error: test failed, to rerun pass (`.+`)$/.exec(line)?.[1];
      const ended = lines.slice(at + 1, at + 5).find((next) => /process didn't exit successfully/.test(next));
      if (target && ended) found.push({ name: `all of ${target}`, report: [...before(lines, at), ended.trim()] });
    });
    return found;
  },

  /** `        FAIL [   0.005s] CRATE::BINARY NAME`, then what it said, indented; all once more at the end */
  nextest(lines) {
    const head = /^ +(?:FAIL|TIMEOUT|LEAK-FAIL|XFAIL|ABORT|SIG[A-Z0-9]+) \[[^\]]*\] (?:\([^)]*\) )?(.+)$/;
    // The runner's own words are on stdout; why a test failed is on stderr, below them.
    const isStderr = (line) => /^ +stderr ───/.test(line);
    const tests = lines.flatMap((line, at) => {
      const name = head.exec(line)?.[1];
      if (name === undefined) return [];
      const end = lines.findIndex((other, below) => below > at && (head.test(other) || /^(?: +PASS \[|─{4})/.test(other)));
      const said = lines.slice(at + 1, end < 0 ? undefined : end);
      return [{ name, report: trimmed(said.slice(said.findIndex(isStderr) + 1)).slice(0, REPORT_LINES) }];
    });
    return oncePerName(tests);
  },

  /** ` FAIL  FILE > NAME`, with and without what it said */
  vitest(lines) {
    return oncePerName(reports(lines, /^ *FAIL +(.+)$/));
  },

  /** `test at FILE:LINE:COLUMN`, then `✖ NAME (1.2ms)`, below `✖ failing tests:` */
  node(lines) {
    const begin = lines.findLastIndex((line) => /^✖ failing tests:/.test(line));
    if (begin < 0) return [];
    const failing = lines.slice(begin + 1);
    return failing.flatMap((line, at) => {
      const name = /^✖ (.+?)(?: \([\d.]+ms\))?$/.exec(line)?.[1];
      const place = /^test at (.+)$/.exec(failing[at - 1] ?? "")?.[1];
      if (name === undefined) return [];
      return [{ name: place ? `${place} ${name}` : name, report: below(failing, at, /^test at /) }];
    });
  },
};

/**
 * The failed tests of one stage, each with its name and the first lines of what it said.
 *
 * `runner` as in `countTests`. Where no test is found, as in what does not compile, the one answer
 * is the end of what was printed.
 */
export function failedTests({ runner, output }) {
  const lines = plain(output).trimEnd().split("\n");
  const found = readers[runner]?.(lines) ?? [];
  if (found.length === 0) return [{ name: undefined, report: before(lines, lines.length) }];
  return found.map((test, at) => (at < REPORTS ? test : { ...test, report: [] }));
}

/** A test for each line that matches, whose first group is its name. */
function reports(lines, head) {
  return lines.flatMap((line, at) => {
    const name = head.exec(line)?.[1];
    return name === undefined ? [] : [{ name, report: below(lines, at, head) }];
  });
}

/** Of a runner that tells each test more than once, and by its whole name. */
function oncePerName(tests) {
  return tests.filter(({ name }, at) => tests.findIndex((other) => other.name === name) === at);
}

/** The first lines below one, up to the next that begins something else. */
function below(lines, at, next) {
  const report = lines.slice(at + 1, at + 1 + REPORT_LINES);
  const end = report.findIndex((line) => next.test(line));
  return trimmed(end < 0 ? report : report.slice(0, end));
}

function before(lines, end) {
  return trimmed(lines.slice(Math.max(0, end - LAST_LINES), end));
}

/** Without the empty lines around it. */
function trimmed(lines) {
  const isFull = (line) => line.trim() !== "";
  return lines.slice(Math.max(0, lines.findIndex(isFull)), lines.findLastIndex(isFull) + 1);
}
