/** Everything that is asked for by a sidecar's id. */
import { SidecarError } from "./error.js";
import { call } from "./ipc.js";
import type { SidecarInfo, SidecarMetrics } from "./bindings/engine.js";
import type { Metrics } from "./bindings/plugin.js";

export { getStatus, onCrash, onEvent, onHealthy, onStateChange } from "./events.js";
export { onLog } from "./log.js";
export { onOutput } from "./output.js";

/**
 * Makes sure that a sidecar runs, and resolves once it is ready. One that runs already is left as
 * it is, so that a page may call this each time it is loaded: several calls, from several pages
 * too, start one process.
 *
 * `params` fill the placeholders that the app has declared for it; each is checked there, and a
 * sidecar that runs with other values is `other-config`. Throws `failed` when it was given up.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const info = await SidecarLifecycle.ensureRunning("mcp-server", { params: { model: "small" } });
 * console.log(`mcp-server is at ${info.url}`);
 * ```
 */
export function ensureRunning(
  id: string,
  { params }: { params?: Record<string, string> } = {},
): Promise<SidecarInfo> {
  return call("ensure_running", params === undefined ? { id } : { id, params });
}

/**
 * Why a run is ended or replaced; it stands in its `stopping` event.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle, type Why } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const why: Why = { reason: "its settings have changed" };
 * await SidecarLifecycle.restart("mcp-server", why);
 * ```
 */
export interface Why {
  /** In a few words. */
  reason?: string;
}

/**
 * Wants a sidecar up; resolves when that is recorded. {@link ensureRunning} waits until it is
 * ready.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * await SidecarLifecycle.start("recorder");
 * ```
 */
export const start = (id: string): Promise<void> => ask("start", id);

/**
 * Wants a sidecar down: asked to end, given its grace, then forced. Resolves when that is recorded;
 * `onStateChange` tells when it is `idle`.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * await SidecarLifecycle.stop("recorder", { reason: "the recording is over" });
 * ```
 */
export const stop = (id: string, why?: Why): Promise<void> => ask("stop", id, why);

/**
 * Wants a new run: the old one is stopped first.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * await SidecarLifecycle.restart("mcp-server");
 * ```
 */
export const restart = (id: string, why?: Why): Promise<void> => ask("restart", id, why);

/**
 * Wants a new run without a gap: it becomes ready on another port before the old one is stopped.
 * Where that cannot be, it is a restart, and a `roll_degraded` event says why.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * await SidecarLifecycle.roll("api", { reason: "a new version" });
 * ```
 */
export const roll = (id: string, why?: Why): Promise<void> => ask("roll", id, why);

/**
 * All sidecars that this page may see, also those that were never started.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const running = (await SidecarLifecycle.list()).filter(({ is_running }) => is_running);
 * ```
 */
export const list = (): Promise<SidecarInfo[]> => call("list");

/**
 * What was counted and measured: of all sidecars that this page may see, or of one.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const { crashes, start } = await SidecarLifecycle.metrics("mcp-server");
 * console.log(`${crashes} crashes; the last start took ${start.last} s`);
 * ```
 */
export function metrics(): Promise<Metrics>;
export function metrics(id: string): Promise<SidecarMetrics>;
export async function metrics(id?: string): Promise<Metrics | SidecarMetrics> {
  const all = await call<Metrics>("get_metrics", id === undefined ? {} : { id });
  if (id === undefined) return all;
  const one = all.sidecars[id];
  if (one === undefined) throw new SidecarError("unknown-sidecar", `no sidecar is called "${id}"`);
  return one;
}

function ask(command: string, id: string, { reason }: Why = {}): Promise<void> {
  return call(command, reason === undefined ? { id } : { id, why: { reason } });
}
