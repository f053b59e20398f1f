/** The plugin's Rust side, as pages see it. It outlives them: `reload` is a new page. */
import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { vi } from "vitest";
import type { CrashInfo, LogLine, SidecarEvent, SidecarInfo } from "../bindings/engine.js";
import { infos } from "./samples.js";

export interface Call {
  command: string;
  // The arguments are what the test is about.
  args: any;
  headers: Record<string, string>;
}

interface Line {
  since: number;
  send(message: unknown): void;
}

type Answer = (call: Call) => unknown;

const refusal = (code: string) => ({ code, message: `refused: ${code}` });

/** What a run writes to its raw output, and how much of it was acknowledged. */
class Output {
  bytes = new Uint8Array();
  begin = 0;
  ended = false;
  #waiting: (() => void)[] = [];

  write(text: string): void {
    const more = new TextEncoder().encode(text);
    const all = new Uint8Array(this.bytes.length + more.length);
    all.set(this.bytes);
    all.set(more, this.bytes.length);
    this.bytes = all;
    this.#wake();
  }

  end(): void {
    this.ended = true;
    this.#wake();
  }

  /** How many reads wait for bytes. */
  get asked(): number {
    return this.#waiting.length;
  }

  async read(offset: number | null, max: number): Promise<ArrayBuffer> {
    this.begin = Math.max(this.begin, offset ?? 0);
    while (this.begin === this.bytes.length && !this.ended) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const part = this.bytes.slice(this.begin, this.begin + max);
    const answer = new ArrayBuffer(8 + part.length);
    new DataView(answer).setBigUint64(0, BigInt(this.begin));
    new Uint8Array(answer, 8).set(part);
    return answer;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** What listens to the document's coming back: it goes with the document. */
const pageshow: EventListener[] = [];
const { addEventListener } = window;
window.addEventListener = ((type: string, listener: EventListener) => {
  if (type === "pageshow") pageshow.push(listener);
  addEventListener.call(window, type, listener);
}) as typeof window.addEventListener;

export class Fake {
  readonly calls: Call[] = [];
  info: SidecarInfo = { ...infos[1]!, id: "web", run: 3, pid: 4711 };
  lines: LogLine[] = [];
  /** The ring forgets: only so many lines are kept. */
  keep = Number.POSITIVE_INFINITY;
  stdin = "";
  readonly outputs = new Map<number, Output>();
  maxRead = 1024;
  readonly subscriptions = new Map<number, Line>();
  #next = 1;

  /** Each command's answer; tests replace them. */
  readonly answers: Record<string, Answer> = {
    list: () => [this.info],
    get_status: ({ args }) => {
      if (args.id !== this.info.id) throw refusal("unknown-sidecar");
      return this.info;
    },
    get_metrics: () => ({ protection: "guardian", sidecars: { web: { crashes: 2 } } }),
    from_pid: ({ args }) => {
      if (args.pid !== this.info.pid) throw refusal(args.pid < 100 ? "foreign-pid" : "stale-pid");
      return { id: this.info.id, pid: args.pid, run: this.info.run, startedAt: 1 };
    },
    subscribe_events: ({ args }) => this.#open(args.onEvents, 0),
    unsubscribe_events: ({ args }) => void this.subscriptions.delete(args.subscription),
    subscribe_logs: ({ args }) => {
      if (args.id !== this.info.id) throw refusal("unknown-sidecar");
      const number = this.#open(args.onLines, args.sinceSeq);
      const kept = this.lines.slice(-this.keep).filter(({ seq }) => seq > args.sinceSeq);
      if (kept.length > 0) this.subscriptions.get(number)?.send({ lines: kept, dropped: 0 });
      return number;
    },
    unsubscribe_logs: ({ args }) => void this.subscriptions.delete(args.subscription),
    ensure_running: () => this.info,
    start: () => null,
    stop: () => null,
    restart: () => null,
    roll: () => null,
    kill: (call) => this.#checkRun(call.args.run),
    write_stdin: ({ args, headers }) => {
      this.#checkRun(Number(headers["sidecar-run"]));
      this.stdin += new TextDecoder().decode(args);
      return null;
    },
    close_stdin: ({ args }) => {
      this.#checkRun(args.run);
      this.stdin += "<end>";
      return null;
    },
    read_output: ({ args }) => this.output(args.run).read(args.offset, this.maxRead),
  };

  constructor() {
    this.reload();
  }

  /**
   * A new document: its predecessor's channels and listeners are gone. What this window has stored
   * stays.
   */
  reload(): void {
    this.subscriptions.clear();
    for (const listener of pageshow.splice(0)) window.removeEventListener("pageshow", listener);
    clearMocks();
    vi.resetModules();
    mockIPC(() => undefined);
    const internals = (window as unknown as { __TAURI_INTERNALS__: Internals }).__TAURI_INTERNALS__;
    // Tauri's mock hands on no headers.
    internals.invoke = async (command, args, options) => {
      const name = command.replace("plugin:sidecar-lifecycle|", "");
      const call = { command: name, args, headers: options?.headers ?? {} };
      this.calls.push(call);
      const answer = this.answers[name];
      if (answer === undefined) throw `Command ${name} not found`;
      return answer(call);
    };
  }

  /** The package as a page that was just loaded has it. */
  page(): Promise<typeof import("../index.js")> {
    return import("../index.js");
  }

  called(command: string): Call[] {
    return this.calls.filter((call) => call.command === command);
  }

  output(run: number): Output {
    const output = this.outputs.get(run) ?? new Output();
    this.outputs.set(run, output);
    return output;
  }

  /** Tells all pages of what has happened, in one message. */
  emit(...events: SidecarEvent[]): void {
    for (const { send } of this.subscriptions.values()) send(events);
  }

  /** Writes lines to the log, told in one message; `dropped` of them are not told. */
  log(count: number, dropped = 0): void {
    const from = (this.lines.at(-1)?.seq ?? 0) + 1;
    const fresh = Array.from({ length: count }, (_, i) => line(from + i));
    this.lines.push(...fresh);
    for (const { send } of this.subscriptions.values()) send({ lines: fresh.slice(dropped), dropped });
  }

  #checkRun(run: number): null {
    if (run !== this.info.run) throw refusal("stale-run");
    return null;
  }

  #open(channel: { id: number }, since: number): number {
    const { runCallback } = (window as unknown as { __TAURI_INTERNALS__: Internals }).__TAURI_INTERNALS__;
    let index = 0;
    const send = (message: unknown) => runCallback(channel.id, { index: index++, message });
    const number = this.#next++;
    this.subscriptions.set(number, { since, send });
    return number;
  }
}

interface Internals {
  invoke(command: string, args: unknown, options?: { headers?: Record<string, string> }): Promise<unknown>;
  runCallback(id: number, data: unknown): void;
}

export const line = (seq: number): LogLine => ({ seq, stream: "stdout", line: `line ${seq}` });

const about = { mono_ms: 1, sidecar: "web", run: 3 };

export const ready = (run = 3): SidecarEvent => ({
  ...about,
  run,
  event: "ready",
  pid: 4711,
  port: 5173,
  url: "http://localhost:5173/",
  start_ms: 5,
});

export const unhealthy = (run = 3): SidecarEvent => ({
  ...about,
  run,
  event: "unhealthy",
  pid: 4711,
  port: 5173,
  url: null,
  reason: "no answer",
});

export const changed = (sidecar: string, run = 3): SidecarEvent => ({
  ...about,
  sidecar,
  run,
  event: "phase_changed",
  from: "starting",
  to: "ready",
});

export const spawned = (run: number): SidecarEvent => ({
  ...about,
  run,
  event: "spawned",
  pid: 4711 + run,
  port: null,
  protection: "guardian",
});

export const crashed = (sidecar = "web", run = 3): SidecarEvent => ({
  ...about,
  sidecar,
  run,
  event: "crashed",
  reason: "ended with code 1",
  attempt: 1,
  max: 5,
  code: 1,
  last_lines: ["EADDRINUSE"],
});

export const crash: CrashInfo = {
  id: "web",
  run: 3,
  reason: "ended with code 1",
  exit_code: 1,
  signal: null,
  restart_attempt: 1,
  max_attempts: 5,
  last_lines: ["EADDRINUSE"],
};
