/** Shapes that are made here; those that Rust sends are generated from it, in `bindings/`. */
import type { Phase } from "./bindings/engine.js";

/**
 * A sidecar that has become healthy, as {@link onHealthy} tells of it.
 *
 * @example
 * ```ts
 * import type { Healthy } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const line = ({ id, url }: Healthy) => `${id} is at ${url}`;
 * ```
 */
export interface Healthy {
  /** The sidecar. */
  id: string;
  /** The run that is healthy. */
  run: number;
  /** Its leader. */
  pid: number;
  /** The port that answers, if it has one. */
  port: number | null;
  /** Its URL, if it has a port. */
  url: string | null;
}

/**
 * A change of what is observed, as {@link onStateChange} tells of it.
 *
 * @example
 * ```ts
 * import type { StateChange } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const cameUp = ({ to }: StateChange) => to === "ready";
 * ```
 */
export interface StateChange {
  /** The sidecar. */
  id: string;
  /** The run it is about; 0 before the first. */
  run: number;
  /** Before. */
  from: Phase;
  /** Now. */
  to: Phase;
}
