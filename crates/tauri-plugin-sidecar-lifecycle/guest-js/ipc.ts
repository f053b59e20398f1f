/** How everything here reaches Rust. */
import { invoke, type InvokeArgs, type InvokeOptions } from "@tauri-apps/api/core";
import { toSidecarError } from "./error.js";

/** Calls a command of the plugin; what it is rejected with is always a `SidecarError`. */
export async function call<T>(command: string, args?: InvokeArgs, options?: InvokeOptions): Promise<T> {
  try {
    return await invoke<T>(`plugin:sidecar-lifecycle|${command}`, args, options);
  } catch (error) {
    throw toSidecarError(error);
  }
}

/** Tells Rust that something is no longer needed. It may be gone already, and nobody waits for it. */
export function release(command: string, subscription: number): void {
  call(command, { subscription }).catch((error: unknown) => console.debug(command, error));
}
