// What is owed, as data that a file of results can keep: `[["median", "≤", 3]]`.
import { show } from "./statistics.mjs";

export const atMost = (limits) => Object.entries(limits).map(([of, than]) => [of, "≤", than]);
export const atLeast = (limits) => Object.entries(limits).map(([of, than]) => [of, "≥", than]);

const TESTS = { "≤": (is, than) => is <= than, "≥": (is, than) => is >= than };

/** Whether a summary of samples is what is owed. */
export const holds = (owed, summary) => owed.every(([of, sign, than]) => TESTS[sign](summary[of], than));

export const inWords = (owed) => owed.map(([of, sign, than]) => `${of} ${sign} ${show(than)}`).join(", ");
