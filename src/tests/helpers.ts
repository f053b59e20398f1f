/** What the page tests share: the page's own HTML, a mocked other side, frames on demand. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Channel } from "@tauri-apps/api/core";
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import type { LogBatch, LogLine } from "tauri-plugin-sidecar-lifecycle-api";
import { vi } from "vitest";
import { LAUNCH_EVENT, type Launch, type Trouble } from "../lib/contract";

/** Puts the body of one of Berth's pages into the document. */
export function loadPage(file: string): void {
  const html = readFileSync(resolve(import.meta.dirname, "..", file), "utf8");
  // Without the head, whose style sheet and script the test document would try to fetch.
  const page = new DOMParser().parseFromString(html.slice(html.indexOf("<body")), "text/html");
  document.body.innerHTML = page.body.innerHTML;
  document.body.dataset["view"] = page.body.dataset["view"] ?? "";
}

export function launch(changes: Partial<Launch> = {}): Launch {
  return {
    generation: 1,
    project: { name: "shop", folder: "~/shop", command: "pnpm dev" },
    phase: "starting",
    step: "Starting pnpm dev",
    startedAtMs: 1_000_000,
    readyTimeoutMs: 120_000,
    url: null,
    trouble: null,
    ...changes,
  };
}

export function trouble(changes: Partial<Trouble> = {}): Trouble {
  return {
    code: "port-held",
    sentence: "Port 5173 is held by node",
    cause: "Another program was there first.",
    evidence: ["pid 4711", "<img src=x onerror=alert(1)>"],
    actions: [
      { id: "retry", label: "Retry", primary: false },
      { id: "use-port:5174", label: "Use port 5174 instead", primary: true },
    ],
    logPath: null,
    ...changes,
  };
}

export const inTrouble = (changes: Partial<Launch> = {}) =>
  launch({ phase: "trouble", trouble: trouble(), ...changes });

/** The other side: answers the page's calls, keeps a list of them, sends events and lines. */
export function mockBerth(snapshot: Launch) {
  const calls: { command: string; args: unknown }[] = [];
  let channel: Channel<LogBatch> | undefined;
  const answers: Record<string, (args: unknown) => unknown> = {
    launch_snapshot: () => snapshot,
    copy_diagnostics: () => "diagnostics",
    "plugin:sidecar-lifecycle|subscribe_logs": (args) => {
      channel = (args as { onLines: Channel<LogBatch> }).onLines;
    },
  };
  mockIPC(
    (command, args) => {
      calls.push({ command, args });
      return answers[command]?.(args);
    },
    { shouldMockEvents: true },
  );
  return {
    calls,
    answers,
    send: (next: Launch) => emit(LAUNCH_EVENT, next),
    write: (batch: LogBatch) => channel?.onmessage(batch),
    called: (command: string) => calls.filter((call) => call.command === command),
  };
}

export const line = (seq: number, text = `line ${seq}`): LogLine => ({ seq, stream: "stdout", line: text });

export const lines = (from: number, to: number): LogLine[] =>
  Array.from({ length: to - from + 1 }, (_, i) => line(from + i));

/** Holds animation frames back until `run` is called, and counts how many were asked for. */
export function holdFrames() {
  let waiting: FrameRequestCallback[] = [];
  let asked = 0;
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => {
    waiting.push(callback);
    asked += 1;
    return asked;
  });
  return {
    get asked() {
      return asked;
    },
    run() {
      const due = waiting;
      waiting = [];
      for (const callback of due) callback(0);
    },
  };
}
