/** What the launch page shows, decided without a document and without a clock of its own. */
import type { Launch, Phase, Project } from "./contract";
import { spokenDuration } from "./duration";

/** Below this the elapsed time is not shown: a fast start needs no counter. */
const SHOW_ELAPSED_FROM_MS = 1_000;
/** From here on a waiting user wants to know how long it can take. */
const SHOW_LIMIT_FROM_MS = 10_000;

/** What the page is to show now. */
export type LaunchView =
  /** Nothing is known yet. */
  | { kind: "blank" }
  /** The question whether the project may run. */
  | { kind: "ask"; project: Project }
  /** The one line that says what happens. */
  | {
      kind: "progress";
      project: Project;
      step: string;
      /** "3 s", or null during the first second. */
      elapsed: string | null;
      /** After how many milliseconds the view says something else, or null for never by itself. */
      nextChangeMs: number | null;
    }
  /** The trouble page takes this one's place. */
  | { kind: "trouble" };

/** Said when the other side has no words of its own. */
const PLAIN_STEP: Record<Exclude<Phase, "asking" | "trouble">, string> = {
  looking: "Looking at the project",
  freeing_port: "Freeing the port",
  installing: "Installing packages",
  starting: "Starting the server",
  waiting: "Waiting for the server",
  ready: "Opening the page",
  stopping: "Stopping the server",
};

/** Holds the newest launch and answers what to show. */
export class LaunchModel {
  #launch: Launch | null = null;

  /** Takes a launch over. False, and no change, when a newer generation has been seen. */
  accept(launch: Launch): boolean {
    if (this.#launch !== null && launch.generation < this.#launch.generation) return false;
    this.#launch = launch;
    return true;
  }

  /** What to show at `nowMs`, in Unix milliseconds. */
  view(nowMs: number): LaunchView {
    const launch = this.#launch;
    if (launch === null) return { kind: "blank" };
    const { phase, project } = launch;
    if (phase === "trouble") return { kind: "trouble" };
    if (phase === "asking") return { kind: "ask", project };
    const step = launch.step.trim() || PLAIN_STEP[phase];
    const timed = phase !== "ready";
    return {
      kind: "progress",
      project,
      step,
      elapsed: timed ? elapsedText(launch, nowMs) : null,
      nextChangeMs: timed ? untilNextSecond(nowMs - launch.startedAtMs) : null,
    };
  }
}

function elapsedText(launch: Launch, nowMs: number): string | null {
  const elapsedMs = nowMs - launch.startedAtMs;
  if (elapsedMs < SHOW_ELAPSED_FROM_MS) return null;
  const elapsed = spokenDuration(elapsedMs);
  const limited = launch.phase === "waiting" && elapsedMs >= SHOW_LIMIT_FROM_MS;
  return limited && launch.readyTimeoutMs > 0
    ? `${elapsed} · waits up to ${spokenDuration(launch.readyTimeoutMs)}`
    : elapsed;
}

/** A clock that was set back must not make a timer of hours, hence the upper bound. */
function untilNextSecond(elapsedMs: number): number {
  return elapsedMs < 0 ? 1_000 : 1_000 - (elapsedMs % 1_000);
}
