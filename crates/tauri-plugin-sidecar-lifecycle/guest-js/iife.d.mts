/** The text of `api-iife.js`. */
export function buildIife(): Promise<string>;
