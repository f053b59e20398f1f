// Reads how many tests passed and failed from what a test runner printed.

const number = (pattern, text) => Number(pattern.exec(text)?.[1] ?? 0);
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

/** The text without terminal colours and with plain line ends. */
export function plain(text) {
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "").replace(/\r\n?/g, "\n");
}

const readers = {
  /** `Summary [ 1.8s] 43 tests run: 41 passed (1 slow), 1 failed, 1 timed out, 0 skipped` */
  nextest(text) {
    const line = text.match(/^\s*Summary \[.*\] .*tests? run: .*$/gm)?.at(-1);
    if (!line) return null;
    const started = number(/(\d+)(?:\/\d+)? tests? run:/, line);
    const passed = number(/ (\d+) passed/, line);
    // Failed, timed out, could not be executed: whatever ran and did not pass.
    return { passed, failed: started - passed };
  },

  /**
   * `test result: ok. 3 passed; 0 failed; 1 ignored; …`, once a binary; one that crashed has no such
   * line and counts as one failure
   */
  cargo(text) {
    const lines = text.match(/^test result: .*$/gm);
    if (!lines) return null;
    const failedOnes = lines.filter((line) => line.startsWith("test result: FAILED")).length;
    const told = text.match(/^error: test failed, to rerun pass /gm)?.length ?? 0;
    return {
      passed: sum(lines.map((line) => number(/(\d+) passed/, line))),
      failed: sum(lines.map((line) => number(/(\d+) failed/, line))) + Math.max(0, told - failedOnes),
    };
  },

  /** `      Tests  1 failed | 21 passed | 2 skipped (24)` */
  vitest(text) {
    const line = text.match(/^\s*Tests\s+.*\(\d+\)\s*$/gm)?.at(-1);
    if (!line) return null;
    return { passed: number(/(\d+) passed/, line), failed: number(/(\d+) failed/, line) };
  },

  /** `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0`, in TAP with `#` in front */
  node(text) {
    const last = (word) => {
      const line = text.match(new RegExp(`^(?:ℹ|#) ${word} \\d+$`, "gm"))?.at(-1);
      return line && Number(line.split(" ").at(-1));
    };
    const passed = last("pass");
    if (passed === undefined) return null;
    return { passed, failed: (last("fail") ?? 0) + (last("cancelled") ?? 0) };
  },
};

/**
 * Counts the tests of one stage.
 *
 * `runner` is one of nextest, cargo, vitest, node, or nothing for a stage that
 * is one test by itself. A stage that failed counts at least one failure, for
 * instance when it did not compile; one that passed without a count is a
 * failure too unless `mayBeEmpty`, since tests that do not run prove nothing.
 */
export function countTests({ runner, output, succeeded, mayBeEmpty = false }) {
  if (!runner) return succeeded ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const { passed, failed } = readers[runner](plain(output)) ?? { passed: 0, failed: 0 };
  if (failed > 0) return { passed, failed };
  const isFine = succeeded && (passed > 0 || mayBeEmpty);
  return { passed, failed: isFine ? 0 : 1 };
}
