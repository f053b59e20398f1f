/** Shows a server's output: live, in colour, bounded, and still while the user reads. */
import type { LogLine } from "tauri-plugin-sidecar-lifecycle-api";
import { make } from "../lib/dom";
import type { LogSink } from "../lib/log-feed";
import { paintRun } from "./paint";
import { type Run, SgrParser } from "./sgr";

/** Lines in the document at most; older ones are taken out. */
export const MAX_DOM_LINES = 2_000;
/** Closer to the end than this counts as being at the end, in CSS pixels. */
const TAIL_SLACK_PX = 8;

/** Settings of a {@link LogView}; what is left out does nothing. */
export interface LogViewOptions {
  /** Lines kept in memory, at least as many as are shown: what a filter can search. */
  keep?: number;
  /** Called when the view begins or ends to follow the newest line. */
  onFollowChange?: (following: boolean) => void;
  /** Called after each change of what is shown. */
  onChange?: (counts: { shown: number; kept: number }) => void;
}

interface Entry {
  text: string;
  runs: Run[];
  kind: LogLine["stream"] | "gap";
}

/** A scrolling element that holds the lines as its children. */
export class LogView implements LogSink {
  readonly #box: HTMLElement;
  readonly #keep: number;
  readonly #options: LogViewOptions;
  readonly #parsers = { stdout: new SgrParser(), stderr: new SgrParser() };
  #entries: Entry[] = [];
  #arrived: (LogLine | number)[] = [];
  #frame = 0;
  #filter = "";
  #following = true;

  constructor(box: HTMLElement, options: LogViewOptions = {}) {
    this.#box = box;
    this.#options = options;
    this.#keep = Math.max(options.keep ?? MAX_DOM_LINES, MAX_DOM_LINES);
    box.addEventListener("scroll", () => this.#setFollowing(this.#atTail()), { passive: true });
    // A narrower window wraps lines anew, and the tail would slip out of sight.
    new ResizeObserver(() => this.#pin()).observe(box);
  }

  get following(): boolean {
    return this.#following;
  }

  /** Goes to the newest line and stays there, or stays where it is. */
  follow(following: boolean): void {
    this.#setFollowing(following);
    this.#pin();
  }

  append(lines: LogLine[]): void {
    for (const line of lines) this.#arrived.push(line);
    this.#schedule();
  }

  skipped(count: number): void {
    this.#arrived.push(count);
    this.#schedule();
  }

  /** Shows only lines that hold `text`, in upper or lower case; an empty text shows all. */
  filter(text: string): void {
    this.#filter = text.toLowerCase();
    this.#box.replaceChildren(this.#paint(this.#entries.filter(this.#matches)));
    this.#pin();
    this.#report();
  }

  /** What is shown, without colours. */
  text(): string {
    return this.#entries.filter(this.#matches).map((entry) => entry.text).join("\n");
  }

  /** One piece of work for each frame, however many batches arrive in it. */
  #schedule(): void {
    // A hidden window gets no frames, so what waits must not grow without bound either.
    const excess = this.#arrived.length - this.#keep;
    if (excess > this.#keep) this.#arrived.splice(0, excess, excess);
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    this.#frame = 0;
    const fresh = this.#arrived.map((item) => this.#entry(item));
    this.#arrived = [];
    this.#entries.push(...fresh);
    this.#entries.splice(0, this.#entries.length - this.#keep);
    this.#box.append(this.#paint(fresh.filter(this.#matches)));
    this.#trim();
    this.#pin();
    this.#report();
  }

  #entry(item: LogLine | number): Entry {
    if (typeof item === "number") {
      const text = item === 1 ? "1 line not shown" : `${item.toLocaleString("en")} lines not shown`;
      return { text, runs: [], kind: "gap" };
    }
    const runs = this.#parsers[item.stream].parse(item.line);
    return { text: runs.map((run) => run.text).join(""), runs, kind: item.stream };
  }

  readonly #matches = (entry: Entry): boolean =>
    this.#filter === "" || entry.text.toLowerCase().includes(this.#filter);

  /** Only as many as can be shown are ever made into elements. */
  #paint(entries: Entry[]): DocumentFragment {
    const fragment = document.createDocumentFragment();
    for (const { text, runs, kind } of entries.slice(-MAX_DOM_LINES)) {
      const line = make("div", kind === "stdout" ? "line" : `line ${kind}`);
      if (kind === "gap") line.textContent = text;
      else line.append(...runs.map(paintRun));
      fragment.append(line);
    }
    return fragment;
  }

  /** Takes out what is over the cap; whoever has scrolled up keeps the same lines before them. */
  #trim(): void {
    const excess = this.#box.childElementCount - MAX_DOM_LINES;
    if (excess <= 0) return;
    const first = this.#box.firstElementChild as HTMLElement;
    const firstKept = this.#box.children[excess] as HTMLElement;
    const removedPx = firstKept.offsetTop - first.offsetTop;
    for (const line of [...this.#box.children].slice(0, excess)) line.remove();
    if (!this.#following) this.#box.scrollTop -= removedPx;
  }

  #atTail(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#box;
    return scrollHeight - scrollTop - clientHeight <= TAIL_SLACK_PX;
  }

  #pin(): void {
    if (this.#following) this.#box.scrollTop = this.#box.scrollHeight;
  }

  #setFollowing(following: boolean): void {
    if (following === this.#following) return;
    this.#following = following;
    this.#options.onFollowChange?.(following);
  }

  #report(): void {
    this.#options.onChange?.({
      shown: this.#box.childElementCount,
      kept: this.#entries.length,
    });
  }
}
