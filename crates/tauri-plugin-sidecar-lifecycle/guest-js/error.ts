/** What a failed call throws. */
import type { EngineErrorCode } from "./bindings/engine.js";
import type { PluginErrorCode } from "./bindings/plugin.js";

/**
 * A stable name of what went wrong, for programs; texts may change. More may come, so that any
 * other string is one too.
 *
 * @example
 * ```ts
 * import { Sidecar, SidecarError, type SidecarErrorCode } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const gone: SidecarErrorCode[] = ["stale-pid", "foreign-pid"];
 * const recording = await Sidecar.fromPid(4711).catch((error: SidecarError) => {
 *   if (gone.includes(error.code)) return null;
 *   throw error;
 * });
 * ```
 */
export type SidecarErrorCode =
  | EngineErrorCode
  | PluginErrorCode
  /** Tauri itself refused the call: a missing plugin, a wrong argument, or no Tauri at all. */
  | "ipc"
  | (string & {});

/**
 * A refusal, with a stable name.
 *
 * @example
 * ```ts
 * import { SidecarError, SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * try {
 *   await SidecarLifecycle.ensureRunning("mcp-server");
 * } catch (error) {
 *   if (error instanceof SidecarError && error.code === "failed") showCrash(error.message);
 *   else throw error;
 * }
 * ```
 */
export class SidecarError extends Error {
  override readonly name = "SidecarError";
  /** What programs branch on. */
  readonly code: SidecarErrorCode;

  constructor(code: SidecarErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Whatever a call was rejected with, as a {@link SidecarError}. */
export function toSidecarError(cause: unknown): SidecarError {
  if (cause instanceof SidecarError) return cause;
  const { code, message } = (typeof cause === "object" && cause !== null ? cause : {}) as {
    code?: unknown;
    message?: unknown;
  };
  if (typeof code === "string" && typeof message === "string") {
    return new SidecarError(code, message, { cause });
  }
  const text = typeof message === "string" ? message : String(cause);
  // Tauri's access control answers in words: "Command … not allowed by ACL", "… not allowed. …".
  return new SidecarError(/\bnot allowed\b/.test(text) ? "not-allowed" : "ipc", text, { cause });
}
