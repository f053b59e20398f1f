/** Keeps a log view fed, whether the server is declared before the page is loaded or after. */
import type { LogBatch, LogLine } from "tauri-plugin-sidecar-lifecycle-api";
import { followOutput, messageOf } from "./berth";

/** What a feed fills. */
export interface LogSink {
  append(lines: LogLine[]): void;
  /** Says in the log's own place that `count` lines are missing here. */
  skipped(count: number): void;
}

/** One subscription to the server's output. */
export class LogFeed {
  readonly #sink: LogSink;
  #state: "idle" | "asking" | "open" = "idle";
  /** Somebody asked while an answer was awaited: worth another try if that answer is no. */
  #askedAgain = false;

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  /** Subscribes unless that is done already. Safe to call at each launch event. */
  async open(): Promise<void> {
    if (this.#state === "asking") this.#askedAgain = true;
    if (this.#state !== "idle") return;
    this.#state = "asking";
    this.#askedAgain = false;
    try {
      await followOutput((batch) => this.#accept(batch));
      this.#state = "open";
    } catch (error) {
      // Until the server is declared there is nothing to follow: the next launch event asks again.
      console.debug("no output to follow yet:", messageOf(error));
      this.#state = "idle";
      if (this.#askedAgain) await this.open();
    }
  }

  #accept({ lines, dropped }: LogBatch): void {
    if (dropped > 0) this.#sink.skipped(dropped);
    if (lines.length > 0) this.#sink.append(lines);
  }
}
