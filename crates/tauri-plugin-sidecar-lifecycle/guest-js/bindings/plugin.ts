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

/**
 * What the plugin's own refusals are called, beside the engine's.
 *
 * @example
 * ```ts
 * import type { PluginErrorCode } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const hasEnded = (code: PluginErrorCode) => code === "stale-pid";
 * ```
 */
export type PluginErrorCode =
  /** The page lacks the permission, or the sidecar lies outside its scope. */
  | "not-allowed"
  /** The process was this app's sidecar and has ended. */
  | "stale-pid"
  /** The process was never a sidecar of this app. */
  | "foreign-pid"
  /** A value does not fit the declared placeholder. */
  | "bad-param"
  /** A command was called with what cannot be understood. */
  | "bad-request"
  /** The app is on its way out. */
  | "exiting"
  /** What `tauri.conf.json` says cannot be used. */
  | "bad-config"
  /** Tauri's own part has failed; the message says why. */
  | "tauri";
