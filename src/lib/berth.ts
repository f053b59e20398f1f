/** The commands and events of Berth's Rust side, as functions. Nothing else calls `invoke`. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { type LogBatch, SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
import { type CommandError, LAUNCH_EVENT, type Launch, SERVER_ID } from "./contract";

/** Does what an action of the trouble page promises. */
export const runAction = (id: string) => invoke<void>("run_action", { id });
/** Remembers the project as trusted and starts it. */
export const trustProject = () => invoke<void>("trust_project");
/** Closes the window without running anything of the project. */
export const declineProject = () => invoke<void>("decline_project");
/** Opens the log page. */
export const showLogs = () => invoke<void>("show_logs");
/** Puts the redacted diagnostics on the clipboard, and returns them. */
export const copyDiagnostics = () => invoke<string>("copy_diagnostics");
/** Shows the folder that holds the project's log files. */
export const openLogFolder = () => invoke<void>("open_log_folder");

/**
 * Calls `onLaunch` with the launch as it is now, then with each change.
 *
 * It listens before it asks, so that no change falls between the two. An event that arrives before
 * the answer is as new as the answer or newer, so the answer is then dropped.
 */
export async function watchLaunch(onLaunch: (launch: Launch) => void): Promise<void> {
  let heard = false;
  await listen<Launch>(LAUNCH_EVENT, ({ payload }) => {
    heard = true;
    onLaunch(payload);
  });
  const snapshot = await invoke<Launch>("launch_snapshot");
  if (!heard) onLaunch(snapshot);
}

/**
 * Hands the server's output to `onBatch`, each line once, beginning with what is kept.
 * Rejects when the server has not been declared yet.
 */
export async function followOutput(onBatch: (batch: LogBatch) => void): Promise<void> {
  await SidecarLifecycle.onLog(SERVER_ID, onBatch);
}

/** The message of a rejected command, whatever its shape. */
export function messageOf(error: unknown): string {
  if (typeof error === "string") return error;
  const message = (error as Partial<CommandError> | null)?.message;
  return typeof message === "string" ? message : "It did not work, and no reason was given.";
}
