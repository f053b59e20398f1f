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
    const tests = reports(lines, /^---- (.+) std(?:out|err) ----$/);
    const crashed = lines.flatMap((line, at) => {
      const target = /^error: test failed, to rerun pass (`.+`)$/.exec(line)?.[1];
      const ended = lines.slice(at + 1, at + 5).find((next) => /process didn't exit successfully/.test(next));
      return target && ended ? [{ name: `all of ${target}`, report: [...before(lines, at), ended.trim()] }] : [];
    });
    return [...tests, ...crashed];
  },

  /** `        FAIL [   0.005s] CRATE::BINARY NAME`, then what it said, indented; all once more at the end */
  nextest(lines) {
    return reports(lines, /^ +(?:FAIL|TIMEOUT|LEAK-FAIL|XFAIL|ABORT|SIG[A-Z0-9]+) \[[^\]]*\] (?:\([^)]*\) )?(.+)$/);
  },

  /** ` FAIL  FILE > NAME` */
  vitest(lines) {
    return reports(lines, /^ *FAIL +(.+)$/);
  },

  /** `✖ NAME (1.2ms)` below `✖ failing tests:` */
  node(lines) {
    const begin = lines.findLastIndex((line) => /^✖ failing tests:/.test(line));
    return begin < 0 ? [] : reports(lines.slice(begin + 1), /^✖ (.+?)(?: \([\d.]+ms\))?$/);
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

/** What stands below each line that matches, whose first group is a name; a name counts once. */
function reports(lines, head) {
  const named = new Map();
  lines.forEach((line, at) => {
    const name = head.exec(line)?.[1];
    if (name === undefined || named.has(name)) return;
    const next = lines.slice(at + 1, at + 1 + REPORT_LINES);
    const end = next.findIndex((below) => head.test(below) || below === "failures:");
    named.set(name, end < 0 ? next : next.slice(0, end));
  });
  return [...named].map(([name, report]) => ({ name, report: trimmed(report) }));
}

function before(lines, end) {
  return trimmed(lines.slice(Math.max(0, end - LAST_LINES), end));
}

/** Without the empty lines around it. */
function trimmed(lines) {
  const isFull = (line) => line.trim() !== "";
  return lines.slice(Math.max(0, lines.findIndex(isFull)), lines.findLastIndex(isFull) + 1);
}
