/**
 * The page's side of `tauri-plugin-sidecar-lifecycle`: sidecars that are declared in Rust or in
 * `tauri.conf.json` are watched, started, stopped and talked to.
 *
 * @packageDocumentation
 */

/**
 * What is asked for by a sidecar's id. Each `on…` function resolves to a function that ends it.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const info = await SidecarLifecycle.ensureRunning("mcp-server");
 * await SidecarLifecycle.onCrash("mcp-server", ({ reason }) => console.error(reason));
 * ```
 */
export * as SidecarLifecycle from "./lifecycle.js";
export { Sidecar } from "./sidecar.js";
export { SidecarError, type SidecarErrorCode } from "./error.js";
export type { UnlistenFn } from "./callback.js";
export type { LogOptions } from "./log.js";
export type { OutputCallback, OutputOptions, OutputPlace } from "./output.js";
export type { Why } from "./lifecycle.js";
export type { Healthy, StateChange } from "./types.js";
export type * from "./bindings/engine.js";
export type { Found, LogBatch, Metrics, PluginErrorCode } from "./bindings/plugin.js";
