/** ffmpeg's output, made sense of. It tells how far it is by lines of `key=value`, in blocks. */

/** How far a recording is. */
export interface Progress {
  seconds: number;
  bytes: number;
  frames: number;
}

/** Takes one line after the other and sorts them: what it says to people, and how far it is. */
export class ProgressReader {
  #block: Record<string, string> = {};
  #over = false;

  constructor(
    private readonly on: {
      progress(progress: Progress): void;
      /** A line for people. */
      line(text: string): void;
      /** Lines of another recording follow. */
      begin(): void;
    },
  ) {}

  take(stream: "stdout" | "stderr", line: string): void {
    if (this.#over) {
      this.#over = false;
      this.on.begin();
    }
    if (stream === "stderr") {
      this.on.line(line);
      return;
    }
    const [key = "", value = ""] = line.split("=", 2).map((part) => part.trim());
    this.#block[key] = value;
    if (key !== "progress") return;
    // What follows the last block of one recording comes from the next.
    this.#over = value === "end";
    this.on.progress({
      seconds: number(this.#block["out_time_us"]) / 1_000_000,
      bytes: number(this.#block["total_size"]),
      frames: number(this.#block["frame"]),
    });
    this.#block = {};
  }
}

/** Before the first frame ffmpeg writes "N/A". */
function number(text: string | undefined): number {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : 0;
}
