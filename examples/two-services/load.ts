/** A constant load of requests, and what came of each. */

/** A request that is over: the pid that answered it, or null, and how long it took. */
export interface Outcome {
  pid: number | null;
  ms: number;
  /** Why it failed. */
  error?: string;
}

/** How many are looked back on for the times. */
const WINDOW = 500;
const TICK_MS = 20;
/** More than this under way at once means that nobody answers: new ones wait, so that none is lost by us. */
const MOST_PENDING = 100;
/** Longer than the gateway's own, and so long that a busy machine alone fails none. */
const LIMIT_MS = 60_000;

/** Sends requests at a rate, whatever becomes of those before. */
export class Load {
  /** Requests a second; 0 is a pause. */
  rate = 0;
  /** Where to. */
  url: string | null = null;
  sent = 0;
  answered = 0;
  failed = 0;

  #times: number[] = [];
  #due = 0;
  #last = performance.now();

  constructor(private readonly over: (outcome: Outcome) => void) {
    setInterval(() => this.#tick(), TICK_MS);
  }

  get pending(): number {
    return this.sent - this.answered - this.failed;
  }

  /** Half of the last requests took no longer than `quantile(0.5)`, in milliseconds. */
  quantile(q: number): number | null {
    const sorted = [...this.#times].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? null;
  }

  /** Forgets what was counted; those under way count on. */
  reset(): void {
    const { pending } = this;
    this.sent = pending;
    this.answered = 0;
    this.failed = 0;
    this.#times = [];
  }

  #tick(): void {
    const now = performance.now();
    // A page that stood still for a while does not make up for it at once.
    this.#due += (this.rate * Math.min(now - this.#last, 5 * TICK_MS)) / 1000;
    this.#last = now;
    for (; this.#due >= 1; this.#due -= 1) {
      if (this.url !== null && this.pending < MOST_PENDING) void this.#ask(this.url);
    }
  }

  async #ask(url: string): Promise<void> {
    this.sent += 1;
    const begin = performance.now();
    let outcome: Outcome;
    try {
      const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      const { pid } = (await response.json()) as { pid: number };
      outcome = { pid, ms: performance.now() - begin };
    } catch (error) {
      outcome = { pid: null, ms: performance.now() - begin, error: String(error) };
    }
    if (outcome.pid === null) this.failed += 1;
    else this.answered += 1;
    this.#times.push(outcome.ms);
    if (this.#times.length > WINDOW) this.#times.shift();
    this.over(outcome);
  }
}
