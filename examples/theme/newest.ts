/**
 * A question whose answers are shown: one that comes after the answer to a later question is dropped,
 * as it may tell of an earlier time. Nor is `undefined` shown, which is no answer; what `ask` throws is
 * thrown on.
 */
export function newest<T>(ask: () => Promise<T | undefined>, show: (answer: T) => void): () => Promise<void> {
  let asked = 0;
  let shown = 0;
  return async () => {
    const number = ++asked;
    const answer = await ask();
    if (answer === undefined || number < shown) return;
    shown = number;
    show(answer);
  };
}
