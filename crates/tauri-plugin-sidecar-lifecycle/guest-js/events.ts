/** The one subscription of this page to the engine's events, and what is made of them. */
import { Channel } from "@tauri-apps/api/core";
import { guarded, once, type UnlistenFn } from "./callback.js";
import { call, release } from "./ipc.js";
import { whenRevived } from "./page.js";
import type { CrashInfo, SidecarEvent, SidecarInfo } from "./bindings/engine.js";
import type { Healthy, StateChange } from "./types.js";

/** Boxed, since the same function may listen twice. */
interface Listener {
  hear(event: SidecarEvent): void;
}

const listeners = new Set<Listener>();
/** The subscription that is heard; its number comes with Rust's answer. */
let current: { number: Promise<number> } | undefined;

/** Calls `hear` with each event. Resolves when none can be missed any more. */
async function listen(hear: (event: SidecarEvent) => void): Promise<UnlistenFn> {
  const listener = { hear };
  listeners.add(listener);
  current ??= subscribe();
  try {
    await current.number;
  } catch (error) {
    listeners.delete(listener);
    throw error;
  }
  return once(() => {
    listeners.delete(listener);
    if (listeners.size === 0) unsubscribe();
  });
}

function subscribe(): { number: Promise<number> } {
  const onEvents = new Channel<SidecarEvent[]>((events) => {
    // Events of a subscription that was given up may still be on their way.
    if (current === opened) events.forEach(tell);
  });
  const opened = { number: call<number>("subscribe_events", { onEvents }) };
  opened.number.catch(() => {
    if (current === opened) current = undefined; // The next listener tries anew.
  });
  whenRevived(subscribeAgain);
  return opened;
}

/** The page comes back from the history as it was, and Rust has forgotten it. */
function subscribeAgain(): void {
  if (current === undefined) return;
  current = subscribe();
  current.number.catch(reportError);
}

function unsubscribe(): void {
  const ended = current;
  current = undefined;
  ended?.number.then(
    (number) => release("unsubscribe_events", number),
    () => {}, // Those who waited for it have been told.
  );
}

function tell(event: SidecarEvent): void {
  for (const listener of [...listeners]) {
    // An earlier one may have ended it in this very moment.
    if (listeners.has(listener)) guarded(listener.hear, event);
  }
}

/**
 * Calls `callback` with every event of every sidecar that this page may see, in order.
 *
 * All `on…` functions for events share one subscription of the page. A page that is reloaded
 * subscribes anew; what happened meanwhile is in {@link list} and in the logs.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const unlisten = await SidecarLifecycle.onEvent((event) => {
 *   if (event.event === "port_held") console.warn(`${event.port} is held by`, event.holder);
 * });
 * ```
 */
export function onEvent(callback: (event: SidecarEvent) => void): Promise<UnlistenFn> {
  return listen(callback);
}

/**
 * Calls `callback` when a sidecar crashes: when it ends without being asked to, does not become
 * ready in time, or stops answering. A restart may follow, see `restart_attempt` and
 * `max_attempts`.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * await SidecarLifecycle.onCrash("mcp-server", ({ reason, last_lines }) => {
 *   console.error(`mcp-server crashed: ${reason}`, last_lines);
 * });
 * ```
 */
export function onCrash(id: string, callback: (crash: CrashInfo) => void): Promise<UnlistenFn> {
  return listen((event) => {
    if (event.event !== "crashed" || event.sidecar !== id) return;
    callback({
      id,
      run: event.run,
      reason: event.reason,
      exit_code: event.code ?? null,
      signal: event.signal ?? null,
      restart_attempt: event.attempt,
      max_attempts: event.max,
      last_lines: event.last_lines,
    });
  });
}

/**
 * Calls `callback` when a sidecar is healthy: at once when it is already, then each time that it
 * becomes so, after a restart or after it has stopped answering for a while.
 *
 * Rejects with `unknown-sidecar` when nobody has declared it.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * await SidecarLifecycle.onHealthy("mcp-server", ({ url }) => connect(url));
 * ```
 */
export async function onHealthy(id: string, callback: (healthy: Healthy) => void): Promise<UnlistenFn> {
  /** An event has said how it is; a status that was asked for before may be older. */
  let heard = false;
  /** The run that was told of by its status. The event that says the same may still come. */
  let told: number | null = null;
  const unlisten = await listen((event) => {
    if (event.sidecar !== id) return;
    if (event.event !== "unhealthy" && event.event !== "ready") return;
    heard = true;
    const again = event.run === told;
    told = null;
    if (again || event.event === "unhealthy") return;
    const { run, pid, port, url } = event;
    callback({ id, run, pid, port, url });
  });
  try {
    const { is_healthy, run, pid, port, url } = await getStatus(id);
    if (!heard && is_healthy && run !== null && pid !== null) {
      told = run;
      guarded(callback, { id, run, pid, port, url });
    }
  } catch (error) {
    unlisten();
    throw error;
  }
  return unlisten;
}

/**
 * Calls `callback` each time that a sidecar's observed state changes; of all sidecars when `id` is
 * left undefined.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * await SidecarLifecycle.onStateChange(undefined, ({ id, from, to }) => {
 *   console.log(`${id}: ${from} -> ${to}`);
 * });
 * ```
 */
export function onStateChange(
  id: string | undefined,
  callback: (change: StateChange) => void,
): Promise<UnlistenFn> {
  return listen((event) => {
    if (event.event !== "phase_changed" || (id !== undefined && event.sidecar !== id)) return;
    callback({ id: event.sidecar, run: event.run, from: event.from, to: event.to });
  });
}

/**
 * A sidecar as it is now.
 *
 * @example
 * ```ts
 * import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const { state, url } = await SidecarLifecycle.getStatus("mcp-server");
 * ```
 */
export function getStatus(id: string): Promise<SidecarInfo> {
  return call("get_status", { id });
}
