// Waiting: for a fact, with a deadline, and never for a while.
import { setTimeout as pause } from "node:timers/promises";

const EVERY_MS = 40;
/**
 * A script whose page is put away for another may never be answered, and the driver is waited for
 * for half of this: it can be asked once more.
 */
const DEADLINE_MS = 60_000;

/**
 * Asks `probe` until it answers something truthy, and resolves with that. What it
 * throws counts as "not yet": a page that is being replaced answers nothing.
 * Rejects after `ms` with `what`, which may be a function that says it then, and
 * the last answer.
 */
export async function until(what, probe, ms = DEADLINE_MS) {
  const deadline = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const wanted = typeof what === "function" ? what() : what;
      throw new Error(`not within ${ms} ms: ${wanted}; last seen: ${describe(last)}`, { cause: last });
    }
    await pause(EVERY_MS);
  }
}

/**
 * Asks `probe` for `ms`; rejects at once when it says no. For what must *not*
 * happen, where there is no event to wait for.
 */
export async function holds(what, probe, ms) {
  const deadline = Date.now() + ms;
  do {
    if (!(await probe())) throw new Error(`it did not hold: ${what}`);
    await pause(EVERY_MS);
  } while (Date.now() < deadline);
}

function describe(value) {
  if (value instanceof Error) return value.message;
  return typeof value === "string" ? value : JSON.stringify(value);
}
