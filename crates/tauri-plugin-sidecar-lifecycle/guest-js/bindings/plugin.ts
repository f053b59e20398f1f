// Generated from the Rust types by the tests of tauri-plugin-sidecar-lifecycle.
import type { LogLine, Protection, RunId, SidecarMetrics } from "./engine.js";

/**
 * One message of log lines.
 *
 * @example
 * ```ts
 * import type { LogBatch } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const text = ({ lines }: LogBatch) => lines.map(({ line }) => line).join("\n");
 * ```
 */
export type LogBatch = {
/**
 * In their order.
 */
lines: Array<LogLine>,
/**
 * Lines left out before these because they came faster than they could be shown.
 */
dropped: number, };

/**
 * Whose a process is.
 *
 * @example
 * ```ts
 * import type { Found } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const since = ({ startedAt }: Found) => new Date(startedAt);
 * ```
 */
export type Found = { id: string, pid: number, run: RunId,
/**
 * Unix time in milliseconds.
 */
startedAt: number, };

/**
 * The numbers that a page may see.
 *
 * @example
 * ```ts
 * import type { Metrics } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const ids = ({ sidecars }: Metrics) => Object.keys(sidecars);
 * ```
 */
export type Metrics = { protection: Protection, sidecars: { [key in string]: SidecarMetrics }, };
