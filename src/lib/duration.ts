/** Durations as people say them. */

/** Whole seconds below a minute, then minutes and seconds: "7 s", "2 min 05 s", "2 min". */
export function spokenDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return rest === 0 ? `${minutes} min` : `${minutes} min ${String(rest).padStart(2, "0")} s`;
}
