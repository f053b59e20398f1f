/** Callbacks are a page's own code: one that throws is the page's trouble, and no other callback's. */

/**
 * Ends what an `on…` function has begun. Calling it again does nothing.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle, type UnlistenFn } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const unlisten: UnlistenFn = await SidecarLifecycle.onCrash("mcp-server", console.error);
 * unlisten();
 * ```
 */
export type UnlistenFn = () => void;

/** Calls `callback`, and tells the page of what it throws as of any other uncaught error. */
export function guarded<T>(callback: (value: T) => void, value: T): void {
  try {
    callback(value);
  } catch (error) {
    reportError(error);
  }
}

/** `end`, which runs the first time only. */
export function once(end: () => void): UnlistenFn {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    end();
  };
}
