/** A sidecar's raw output, pulled: what nobody takes stays in its pipe, and it waits. */
import { guarded, once, type UnlistenFn } from "./callback.js";
import { SidecarError, toSidecarError } from "./error.js";
import { getStatus, onEvent } from "./events.js";
import { call } from "./ipc.js";

/**
 * Where bytes stand in the output.
 *
 * @example
 * ```ts
 * import type { OutputPlace } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const beginsAnew = ({ offset }: OutputPlace) => offset === 0;
 * ```
 */
export interface OutputPlace {
  /** The run that wrote them. Another number means another process, with a protocol to begin anew. */
  run: number;
  /** How many bytes of that run came before them. */
  offset: number;
}

/**
 * What takes the output. While its promise is pending no more is asked for.
 *
 * @example
 * ```ts
 * import type { OutputCallback } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const toServer: OutputCallback = async (bytes) => {
 *   await socket.ready;
 *   socket.send(bytes);
 * };
 * ```
 */
export type OutputCallback = (bytes: Uint8Array, place: OutputPlace) => void | Promise<void>;

/**
 * What else there is to hear of an output.
 *
 * @example
 * ```ts
 * import type { OutputOptions } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const options: OutputOptions = { onEnd: (run) => console.log(`run ${run} has said all`) };
 * ```
 */
export interface OutputOptions {
  /** A run has closed its output and all of it was handed over. */
  onEnd?: (run: number) => void;
  /**
   * Reading was refused, and is not tried again for that run: `not-allowed` without the
   * `read-output` permission. Left out, it is an uncaught error of the page.
   */
  onError?: (error: SidecarError) => void;
}

/** What was handed over here and is not acknowledged, by run; the next call for it tells. */
const taken = new Map<string, number>();

/** Hands over the output of one run. */
export function onRunOutput(
  id: string,
  run: number,
  callback: OutputCallback,
  options: OutputOptions = {},
): UnlistenFn {
  let open = true;
  void pull(id, run, callback, options, () => open);
  return once(() => {
    open = false;
  });
}

/**
 * Calls `callback` with what a sidecar writes to its standard output, as bytes, run after run.
 *
 * It is for protocols on standard input and output (language servers, MCP) of a sidecar that is
 * declared with raw output; there is one reader, and its bytes are in no log. The next bytes are
 * asked for when the callback's promise has resolved: with nobody to take them the pipe fills and
 * the sidecar waits. What a page has taken is acknowledged with the next call, so that a page that
 * is reloaded goes on where it was; only the bytes whose callback was still at work come again,
 * with the same `offset`.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const decoder = new TextDecoder();
 * await SidecarLifecycle.onOutput("language-server", (bytes, { run }) => {
 *   parser(run).push(decoder.decode(bytes, { stream: true }));
 * });
 * ```
 */
export async function onOutput(
  id: string,
  callback: OutputCallback,
  options: OutputOptions = {},
): Promise<UnlistenFn> {
  let open = true;
  let newest = 0;
  let turn: Promise<void> = Promise.resolve();
  const follow = (run: number) => {
    if (run <= newest) return; // The status and an event may tell of the same one.
    newest = run;
    turn = turn.then(() => pull(id, run, callback, options, () => open));
  };
  const unlisten = await onEvent((event) => {
    if (event.event === "spawned" && event.sidecar === id) follow(event.run);
  });
  try {
    const { run } = await getStatus(id);
    if (run !== null) follow(run);
  } catch (error) {
    unlisten();
    throw error;
  }
  return once(() => {
    open = false;
    unlisten();
  });
}

async function pull(
  id: string,
  run: number,
  callback: OutputCallback,
  { onEnd, onError = reportError }: OutputOptions,
  isOpen: () => boolean,
): Promise<void> {
  const key = `${run} ${id}`;
  while (isOpen()) {
    let bytes: Uint8Array;
    let offset: number;
    try {
      ({ bytes, offset } = await read(id, run, taken.get(key) ?? null));
    } catch (error) {
      if (isOpen()) guarded(onError, toSidecarError(error));
      return;
    }
    // Whoever reads next gets what came too late for this one: it was not acknowledged.
    if (!isOpen()) return;
    if (bytes.length === 0) {
      taken.delete(key);
      if (onEnd) guarded(onEnd, run);
      return;
    }
    try {
      await callback(bytes, { run, offset });
    } catch (error) {
      reportError(error); // Its own trouble; the bytes were handed over.
    }
    taken.set(key, offset + bytes.length);
  }
}

/** The answer is the offset of its first byte as a big-endian number of eight bytes, then the bytes. */
const OFFSET_BYTES = 8;

async function read(id: string, run: number, offset: number | null) {
  const answer = new Uint8Array(await call<ArrayBuffer>("read_output", { id, run, offset }));
  if (answer.length < OFFSET_BYTES) throw new SidecarError("ipc", "read_output answered too little");
  const begin = new DataView(answer.buffer, answer.byteOffset).getBigUint64(0);
  return { bytes: answer.subarray(OFFSET_BYTES), offset: Number(begin) };
}
