/** Keeps a log view fed, whether the server is declared before the page is loaded or after. */
import { messageOf, subscribeLogs } from "./berth";
import type { LogBatch, LogLine } from "./contract";

/** What a feed fills. */
export interface LogSink {
  append(lines: LogLine[]): void;
  /** Says in the log's own place that `count` lines are missing here. */
  skipped(count: number): void;
}

/** One subscription to the server's output. */
export class LogFeed {
  readonly #sink: LogSink;
  #lastSeq = 0;
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
      await subscribeLogs(this.#lastSeq, (batch) => this.#accept(batch));
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
    // A second subscription replays from the last line seen, which is then here already.
    const fresh = lines.filter((line) => line.seq > this.#lastSeq);
    const last = fresh.at(-1);
    if (last === undefined) return;
    this.#lastSeq = last.seq;
    this.#sink.append(fresh);
  }
}
