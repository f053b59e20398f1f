/**
 * Lets a plain browser show every state of the pages: `npm run dev:ui`, then
 * `http://localhost:1420/?demo=waiting` or `/trouble.html?demo=port-held`. Never part of a build.
 */
import type { Channel } from "@tauri-apps/api/core";
import { mockIPC } from "@tauri-apps/api/mocks";
import type { LogBatch, LogLine } from "tauri-plugin-sidecar-lifecycle-api";
import { launchOf, linesOf } from "./samples";

/** How often a live demo writes a line. */
const LIVE_EVERY_MS = 400;

/** Answers the page's calls with the sample that the address names; without one, does nothing. */
export async function beginDemo(): Promise<void> {
  const state = new URLSearchParams(location.search).get("demo");
  if (state === null) return;
  mockIPC(
    (command, args) => {
      switch (command) {
        case "launch_snapshot":
          return launchOf(state, Date.now());
        case "plugin:sidecar-lifecycle|subscribe_logs":
          return play((args as { onLines: Channel<LogBatch> }).onLines, state);
        case "copy_diagnostics":
          return "demo diagnostics";
        default:
          console.info(command, args);
          return undefined;
      }
    },
    { shouldMockEvents: true },
  );
}

function play(channel: Channel<LogBatch>, state: string): void {
  const lines = linesOf(state).map((line, index): LogLine => ({ seq: index + 1, stream: "stdout", line }));
  channel.onmessage({ lines, dropped: state === "log" ? 312 : 0 });
  if (!state.endsWith("-live")) return;
  let seq = lines.length;
  setInterval(() => {
    seq += 1;
    const line = `\x1b[2m${new Date().toISOString().slice(11, 19)}\x1b[0m \x1b[36m[vite]\x1b[0m hmr update`;
    channel.onmessage({ lines: [{ seq, stream: "stdout", line }], dropped: 0 });
  }, LIVE_EVERY_MS);
}
