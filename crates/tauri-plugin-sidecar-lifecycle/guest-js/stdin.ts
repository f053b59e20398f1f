/** Bytes on their way to a sidecar's standard input. */
import { call } from "./ipc.js";

/** As much as one call carries: more makes the window stutter, less makes it slow. */
const CHUNK_BYTES = 1024 * 1024;

/** What is under way to a run; its promise settles when all of it was taken or refused. */
const queues = new Map<string, Promise<void>>();

/**
 * Writes in the order of the calls, also when nobody waits for them. After a refusal everything
 * that was asked for before it became known is refused too: half a message is no message.
 */
export function writeStdin(id: string, run: number, data: string | Uint8Array): Promise<void> {
  // A copy, since the caller may use its buffer again before its turn has come.
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data.slice();
  const headers = { "sidecar-id": encodeURIComponent(id), "sidecar-run": String(run) };
  return enqueue(`${run} ${id}`, async () => {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      await call("write_stdin", bytes.subarray(at, at + CHUNK_BYTES), { headers });
    }
  });
}

/** Ends the input, after all that was written before. */
export function closeStdin(id: string, run: number): Promise<void> {
  return enqueue(`${run} ${id}`, () => call("close_stdin", { id, run }));
}

function enqueue(key: string, work: () => Promise<void>): Promise<void> {
  const turn = (queues.get(key) ?? Promise.resolve()).then(work);
  queues.set(key, turn);
  const leave = () => {
    if (queues.get(key) === turn) queues.delete(key);
  };
  turn.then(leave, leave);
  return turn;
}
