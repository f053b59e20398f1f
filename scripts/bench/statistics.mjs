// Few numbers of many samples.

const sorted = (samples) => [...samples].sort((a, b) => a - b);

/** Between two samples it interpolates, as a spreadsheet does. */
export function quantile(samples, q) {
  const all = sorted(samples);
  const at = (all.length - 1) * q;
  const [low, high] = [all[Math.floor(at)], all[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (samples) => quantile(samples, 0.5);

export function summary(samples) {
  return {
    runs: samples.length,
    median: median(samples),
    p95: quantile(samples, 0.95),
    min: Math.min(...samples),
    max: Math.max(...samples),
  };
}

/** Three digits that mean something. */
export function show(number) {
  const size = Math.abs(number);
  if (Number.isInteger(number)) return size < 10_000 ? String(number) : number.toLocaleString("en");
  return number.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}
