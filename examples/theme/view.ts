/** Numbers as the examples' pages show them. */
import type { SidecarInfo } from "tauri-plugin-sidecar-lifecycle-api";
import { setText } from "../../src/lib/dom";

/** A duration as a clock has it: "0:07", "12:05", "1:00:00". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (n: number) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** A size as file managers have it: "312 kB", "1.4 MB". */
export function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Counts up on the spot once a second, from what Rust has said last. */
export class Uptime {
  readonly #element: HTMLElement;
  #since: number | null = null;

  constructor(element: HTMLElement) {
    this.#element = element;
    setInterval(() => this.#paint(), 1000);
  }

  show({ is_running, uptime_seconds }: SidecarInfo): void {
    this.#since = is_running ? performance.now() - uptime_seconds * 1000 : null;
    this.#paint();
  }

  #paint(): void {
    const text = this.#since === null ? "–" : clock((performance.now() - this.#since) / 1000);
    setText(this.#element, text);
  }
}
