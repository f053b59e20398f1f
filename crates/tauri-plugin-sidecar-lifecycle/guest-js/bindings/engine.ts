// Generated from the Rust types by the tests of sidecar-lifecycle.

/**
 * A sidecar as it is at this moment.
 *
 * @example
 * ```ts
 * import type { SidecarInfo } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const line = (info: SidecarInfo) => `${info.id}: ${info.state}`;
 * ```
 */
export type SidecarInfo = {
/**
 * Its id.
 */
id: string,
/**
 * What is observed.
 */
state: Phase,
/**
 * What is wanted.
 */
wanted: Wanted,
/**
 * Whether processes of it run.
 */
is_running: boolean,
/**
 * Whether its checks pass.
 */
is_healthy: boolean,
/**
 * The leader.
 */
pid: number | null,
/**
 * The run that the leader belongs to; none while none has been spawned.
 */
run: RunId | null,
/**
 * The port that it listens on.
 */
port: number | null,
/**
 * Its URL, once ready.
 */
url: string | null,
/**
 * How long it has been ready, in seconds.
 */
uptime_seconds: number,
/**
 * New runs after the first, asked for or not.
 */
restart_count: number,
/**
 * When its health was last asked and answered; in JSON as RFC 3339. Before it is ready, a check
 * that fails is no news.
 */
last_health_check: string | null,
/**
 * What it was given up for.
 */
failure: string | null, };

/**
 * What is observed.
 *
 * @example
 * ```ts
 * import type { Phase } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const isUp = (phase: Phase) => phase === "ready";
 * ```
 */
export type Phase = "idle" | "preparing" | "starting" | "ready" | "unhealthy" | "stopping" | "waiting" | "failed";

/**
 * What the user wants.
 *
 * @example
 * ```ts
 * import type { Wanted } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const isWanted = (wanted: Wanted) => wanted === "up";
 * ```
 */
export type Wanted = "up" | "down";

/**
 * One spawn of one sidecar. Never used twice within an engine, so that a late message about an
 * old run can be told from one about the current run.
 *
 * @example
 * ```ts
 * import type { RunId } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const isLater = (one: RunId, other: RunId) => one > other;
 * ```
 */
export type RunId = number;

/**
 * Something that happened to a sidecar.
 *
 * @example
 * ```ts
 * import type { SidecarEvent } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const line = (event: SidecarEvent) =>
 *   event.event === "ready" ? `${event.sidecar} is at ${event.url}` : event.event;
 * ```
 */
export type SidecarEvent = {
/**
 * `CLOCK_MONOTONIC` in milliseconds, to the microsecond.
 */
mono_ms: number,
/**
 * The sidecar's id.
 */
sidecar: string,
/**
 * The run it is about; 0 before the first.
 */
run: RunId, } & ({ "event": "port_chosen",
/**
 * The port.
 */
port: number, } | { "event": "port_held",
/**
 * The port.
 */
port: number,
/**
 * Who holds it.
 */
holder: Holder, } | { "event": "cleaned",
/**
 * Its pid.
 */
pid: number,
/**
 * Its command line.
 */
command: string,
/**
 * How it was known to be ours.
 */
why: string, } | { "event": "kept",
/**
 * Its pid.
 */
pid: number,
/**
 * Its command line.
 */
command: string,
/**
 * Why it was released.
 */
why: string, } | { "event": "spawned",
/**
 * The leader.
 */
pid: number,
/**
 * The chosen port.
 */
port: number | null,
/**
 * What protects it.
 */
protection: Protection, } | { "event": "adopted",
/**
 * The leader.
 */
pid: number,
/**
 * The port that it was given.
 */
port: number | null, } | { "event": "released",
/**
 * The leader.
 */
pid: number, } | { "event": "waiting_for",
/**
 * Their names.
 */
sidecars: Array<string>, } | { "event": "roll_degraded",
/**
 * Why.
 */
reason: string, } | { "event": "roll_failed",
/**
 * Why.
 */
reason: string, } | { "event": "port_taken",
/**
 * The port.
 */
port: number, } | { "event": "ready",
/**
 * The leader.
 */
pid: number,
/**
 * The port that answers, which may differ from the chosen one.
 */
port: number | null,
/**
 * The URL to show.
 */
url: string | null,
/**
 * From the spawn to now, in milliseconds.
 */
start_ms: number, } | { "event": "unhealthy",
/**
 * The leader.
 */
pid: number,
/**
 * The port that answered when it was ready.
 */
port: number | null,
/**
 * Its URL.
 */
url: string | null,
/**
 * What the check said.
 */
reason: string, } | { "event": "exited",
/**
 * Its exit code, unless a signal ended it. Neither is known of one that was adopted: a
 * system tells only the parent.
 */
code?: number,
/**
 * The signal that ended it.
 */
signal?: number,
/**
 * Whether a stop came first.
 */
asked: boolean, } | { "event": "crashed",
/**
 * What happened, in words.
 */
reason: string,
/**
 * Crashes within the restart window, this one included.
 */
attempt: number,
/**
 * After how many it is given up.
 */
max: number,
/**
 * The leader's exit code; none when a signal ended it, or when it had not ended.
 */
code?: number,
/**
 * The signal that ended the leader.
 */
signal?: number,
/**
 * Its last lines, oldest first.
 */
last_lines: Array<string>, } | { "event": "restarting",
/**
 * Crashes within the restart window.
 */
attempt: number,
/**
 * After how many it is given up.
 */
max: number,
/**
 * The delay before it, in milliseconds.
 */
delay_ms: number, } | { "event": "stopping",
/**
 * Why.
 */
reason: string, } | { "event": "stopped",
/**
 * Pids that could not be ended. In JSON 0 when there are none.
 */
survivors: 0 | number[],
/**
 * From the first signal, or from the leader's own end, to now, in milliseconds.
 */
took_ms: number, } | { "event": "failed",
/**
 * Why.
 */
reason: string,
/**
 * Its last lines, oldest first.
 */
last_lines: Array<string>, } | { "event": "log_trouble",
/**
 * What cannot be done, what that means for the output, and what the system answers.
 */
reason: string, } | { "event": "protection_lost",
/**
 * What protects new runs.
 */
protection: Protection, } | { "event": "guardian_silent",
/**
 * What that means.
 */
reason: string, } | { "event": "guardian_answers",
/**
 * How long the order has waited, in milliseconds.
 */
waited_ms: number, } | { "event": "phase_changed",
/**
 * Before.
 */
from: Phase,
/**
 * Now.
 */
to: Phase, });

/**
 * How well sidecars are protected against the death of their host.
 *
 * @example
 * ```ts
 * import type { Protection } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const survivesKill = (protection: Protection) => protection !== "best_effort";
 * ```
 */
export type Protection = "kernel" | "guardian_with_standby" | "guardian" | "best_effort";

/**
 * Who listens on a port. What cannot be read is null, never a guess.
 *
 * @example
 * ```ts
 * import type { Holder } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const who = ({ command, pid }: Holder) => `${command} (pid ${pid})`;
 * ```
 */
export type Holder = {
/**
 * The process.
 */
pid: number | null,
/**
 * The user; known even where the process is not.
 */
uid: number | null,
/**
 * Its command line, for people; the program's name alone where no more may be read.
 */
command: string | null,
/**
 * Its working directory; what is no UTF-8 is replaced when serialised.
 */
cwd: string | null,
/**
 * When it started; RFC 3339 in UTC when serialised.
 */
started: string | null,
/**
 * What it is to us.
 */
kind: HolderKind, };

/**
 * What a holder is to us, in ascending order of how much it is in the way.
 *
 * @example
 * ```ts
 * import type { HolderKind } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const isOther = (kind: HolderKind) => kind === "stranger";
 * ```
 */
export type HolderKind = "ours" | "same_project" | "stranger";

/**
 * A crash: an end that nobody asked for, a start that timed out, lost liveness.
 *
 * @example
 * ```ts
 * import type { CrashInfo } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const why = ({ id, reason }: CrashInfo) => `${id}: ${reason}`;
 * ```
 */
export type CrashInfo = {
/**
 * The sidecar's id.
 */
id: string,
/**
 * The run that crashed.
 */
run: RunId,
/**
 * What happened, in words.
 */
reason: string,
/**
 * The leader's exit code; null when a signal ended it, or when it had not ended.
 */
exit_code: number | null,
/**
 * The signal that ended the leader.
 */
signal: number | null,
/**
 * Crashes within the sliding window, this one included.
 */
restart_attempt: number,
/**
 * After how many it is given up.
 */
max_attempts: number,
/**
 * The last lines that it wrote, oldest first; 20 at the most.
 */
last_lines: Array<string>, };

/**
 * One line of output, with its colour codes. The log file has the bytes as they were.
 *
 * @example
 * ```ts
 * import type { LogLine } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const text = (lines: LogLine[]) => lines.map(({ line }) => line);
 * ```
 */
export type LogLine = {
/**
 * Counts up from 1 through all runs of a sidecar. A gap tells of lines that are missing: they
 * were forgotten, or came faster than they could be read back, or were thrown away while the
 * log file could not be written. In the last two cases one number stands for all of them.
 */
seq: number,
/**
 * Where it was written to.
 */
stream: Stream,
/**
 * The text, without its line end. A line longer than 64 KiB comes in pieces. Bytes that are no
 * UTF-8 are U+FFFD, and control characters their pictures (`␀`), but for tabs, carriage returns
 * and escapes.
 */
line: string, };

/**
 * Which of the two a line was written to.
 *
 * @example
 * ```ts
 * import type { Stream } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const isComplaint = (stream: Stream) => stream === "stderr";
 * ```
 */
export type Stream = "stdout" | "stderr";

/**
 * The numbers of one sidecar.
 *
 * @example
 * ```ts
 * import type { SidecarMetrics } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const share = (m: SidecarMetrics) => m.crashes / m.starts;
 * ```
 */
export type SidecarMetrics = {
/**
 * From the spawn until ready.
 */
start: Durations,
/**
 * From the first signal until the tree was empty.
 */
stop: Durations,
/**
 * Delays before new runs.
 */
backoff: Durations,
/**
 * What is observed.
 */
phase: Phase,
/**
 * Whether a run of it has been spawned and has not stopped.
 */
up: boolean,
/**
 * Whether its checks pass.
 */
healthy: boolean,
/**
 * How long the current run has been ready, in seconds; 0 while it is not.
 */
uptime_seconds: number,
/**
 * New runs after the first, asked for or not.
 */
restart_count: number,
/**
 * Runs whose leader was started.
 */
starts: number,
/**
 * Times that a run became ready, also after having been unhealthy.
 */
ready: number,
/**
 * Ends that nobody asked for, starts that timed out, lost liveness.
 */
crashes: number,
/**
 * New runs after an end that nobody asked for.
 */
restarts: number,
/**
 * Runs whose whole tree has ended.
 */
stops: number,
/**
 * Runs whose tree was ended by force.
 */
forced_stops: number,
/**
 * Times that it was given up.
 */
failures: number,
/**
 * Times that another port was chosen than before.
 */
port_moves: number,
/**
 * Answers of health checks from the first healthy one on.
 */
health_checks: number,
/**
 * Answers of health checks that were not healthy.
 */
health_check_failures: number,
/**
 * Lines written to standard output and standard error.
 */
log_lines: number,
/**
 * Processes that were found and left alone.
 */
kept: number,
/**
 * Leftovers of dead instances that were ended.
 */
cleaned: number, };

/**
 * Lengths of time, in seconds.
 *
 * @example
 * ```ts
 * import type { Durations } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const mean = ({ sum, count }: Durations) => sum / count;
 * ```
 */
export type Durations = {
/**
 * How many.
 */
count: number,
/**
 * All together.
 */
sum: number,
/**
 * The shortest.
 */
min: number | null,
/**
 * The longest.
 */
max: number | null,
/**
 * The latest.
 */
last: number | null,
/**
 * How many are not longer than `le`, for each bound.
 */
buckets: Array<{ le: number, count: number, }>, };

/**
 * What the engine's refusals are called.
 *
 * @example
 * ```ts
 * import type { EngineErrorCode } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const isWrongPlace = (code: EngineErrorCode) => code === "bad-offset";
 * ```
 */
export type EngineErrorCode =
  /** Nobody has declared a sidecar with this id. */
  | "unknown-sidecar"
  /** It depends on a sidecar that nobody has declared. */
  | "unknown-dependency"
  /** By its dependencies it would wait for itself. */
  | "dependency-cycle"
  /** It exists, with another configuration or with other values. */
  | "other-config"
  /** The configuration cannot be used; the message says each mistake. */
  | "bad-config"
  /** It was given up: it cannot be started, or has crashed too often. */
  | "failed"
  /** It was stopped while it was waited for. */
  | "stopped"
  /** That run has ended; another one may run. */
  | "stale-run"
  /** Not even force has ended it; the message says which processes are left. */
  | "survived"
  /** The folder of the engine's state cannot be used. */
  | "state-folder"
  /** The engine's thread could not be started. */
  | "engine-start"
  /** The engine has shut down. */
  | "shut-down"
  /** It has no run to be taken in hand, written to or read from. */
  | "not-running"
  /** It is not declared with a standard input that can be written to. */
  | "not-piped"
  /** Its standard input was closed, by the page or by the sidecar. */
  | "stdin-closed"
  /** The system refuses to write to its standard input; the message says why. */
  | "stdin-failed"
  /** It is not declared with a standard output of raw bytes. */
  | "not-raw"
  /** These bytes were acknowledged by a reader, so that they are not kept any more. */
  | "already-taken"
  /** Nobody was given bytes as far as that. */
  | "bad-offset"
  /** The system refuses to read its standard output; the message says why. */
  | "output-failed";
