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
