/** Log lines: replayed from where the page was, then as they come. */
import { Channel } from "@tauri-apps/api/core";
import { guarded, once, type UnlistenFn } from "./callback.js";
import { call, release } from "./ipc.js";
import { notRevived, whenRevived } from "./page.js";
import type { LogBatch } from "./bindings/plugin.js";

/**
 * Where {@link onLog} begins.
 *
 * @example
 * ```ts
 * import type { LogOptions } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const onlyWhatIsNew: LogOptions = { resume: true };
 * ```
 */
export interface LogOptions {
  /** The lines after this sequence number; all that are kept when it is left out. */
  sinceSeq?: number;
  /**
   * Goes on after the last line that a callback of this window has had, also after a reload. The
   * number is kept in `sessionStorage`, for each sidecar once: a page with several such readers
   * gives each a name of its own instead of `true`.
   */
  resume?: boolean | string;
}

/**
 * Calls `callback` with a sidecar's lines: first with those that are kept (the last 2,000 or
 * 1 MiB), then with new ones, at most once in 50 ms. No line comes twice. `dropped` says how many
 * are missing before these, at the least: they came faster than pages are told, or were forgotten
 * before this page asked for them.
 *
 * A page that shows the log wants all of it after a reload, since its document is a new one: that
 * is what happens without options. A page that does something for each line, once, sets `resume`.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * await SidecarLifecycle.onLog("mcp-server", ({ lines, dropped }) => {
 *   if (dropped > 0) view.append(`… ${dropped} lines are missing`);
 *   for (const { stream, line } of lines) view.append(line, stream);
 * });
 * // Counts each error once, however often the page is reloaded.
 * await SidecarLifecycle.onLog("mcp-server", ({ lines }) => count(lines), { resume: "errors" });
 * ```
 */
export async function onLog(
  id: string,
  callback: (batch: LogBatch) => void,
  { sinceSeq, resume = false }: LogOptions = {},
): Promise<UnlistenFn> {
  const place = resume === false ? null : new Place(id, resume === true ? "" : resume);
  let last = place?.load() ?? sinceSeq ?? 0;
  let open = true;
  const subscribe = () => {
    const onLines = new Channel<LogBatch>((batch) => open && take(batch));
    return call<number>("subscribe_logs", { id, sinceSeq: last, onLines });
  };
  const take = ({ lines, dropped }: LogBatch) => {
    const fresh = lines.filter(({ seq }) => seq > last);
    // Rust counts what was too fast for this page, and not what was forgotten before it asked.
    const gap = last > 0 && fresh[0] !== undefined ? fresh[0].seq - last - 1 : 0;
    const missing = Math.max(dropped, gap);
    if (fresh.length === 0 && missing === 0) return;
    last = fresh.at(-1)?.seq ?? last;
    guarded(callback, { lines: fresh, dropped: missing });
    place?.save(last);
  };
  /** The number comes with Rust's answer, and the page may end it before. */
  let subscription = subscribe();
  await subscription;
  const again = () => {
    subscription = subscribe();
    subscription.catch(reportError);
  };
  whenRevived(again);
  return once(() => {
    open = false;
    notRevived(again);
    subscription.then(
      (number) => release("unsubscribe_logs", number),
      () => {}, // It was told of, and there is nothing to end.
    );
  });
}

/** A sequence number that outlives a reload of the page. */
class Place {
  readonly #key: string;

  constructor(id: string, reader: string) {
    this.#key = `sidecar-lifecycle:log:${encodeURIComponent(id)}:${reader}`;
  }

  load(): number | null {
    try {
      const seq = Number(sessionStorage.getItem(this.#key) ?? Number.NaN);
      return Number.isSafeInteger(seq) && seq >= 0 ? seq : null;
    } catch {
      return null; // A page without storage begins anew.
    }
  }

  save(seq: number): void {
    try {
      sessionStorage.setItem(this.#key, String(seq));
    } catch {
      // Full or forbidden: after a reload lines come again, and none is lost.
    }
  }
}
