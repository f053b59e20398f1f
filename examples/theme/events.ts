/** What the engine tells, in the words of the examples' pages. */
import type { Phase, SidecarEvent } from "tauri-plugin-sidecar-lifecycle-api";

import { make } from "../../src/lib/dom";

export type Tone = "quiet" | "busy" | "well" | "wrong";

const PHASES: Record<Phase, [string, Tone]> = {
  idle: ["Stopped", "quiet"],
  preparing: ["Preparing", "busy"],
  starting: ["Starting", "busy"],
  ready: ["Ready", "well"],
  unhealthy: ["Unhealthy", "wrong"],
  stopping: ["Stopping", "busy"],
  waiting: ["Waiting to restart", "busy"],
  failed: ["Given up", "wrong"],
};

/** Shows a phase as a dot and a word. */
export function showPhase(element: HTMLElement, phase: Phase): void {
  const [word, tone] = PHASES[phase];
  if (element.textContent !== word) element.textContent = word;
  element.dataset["tone"] = tone;
}

/** "code 1", "signal 11 (SIGSEGV)", or nothing when it had not ended. */
export function ending({ code, signal }: { code?: number | null; signal?: number | null }): string {
  if (typeof signal === "number") {
    const name = SIGNALS[signal];
    return name === undefined ? `signal ${signal}` : `signal ${signal} (${name})`;
  }
  return typeof code === "number" ? `code ${code}` : "";
}

const SIGNALS: Record<number, string> = { 2: "SIGINT", 6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM" };

/** Milliseconds as people read them: "340 ms", "2.1 s". */
export const shortly = (ms: number): string =>
  ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** An event in words; nothing for those that another one says better. */
export function inWords(event: SidecarEvent): [string, Tone] | null {
  switch (event.event) {
    case "spawned":
      return [`run ${event.run} started, pid ${event.pid}`, "quiet"];
    case "ready":
      return [`run ${event.run} ready after ${shortly(event.start_ms)}`, "well"];
    case "unhealthy":
      return [`unhealthy: ${event.reason}`, "wrong"];
    case "exited":
      return [`run ${event.run} ended with ${ending(event)}`, event.asked ? "quiet" : "wrong"];
    case "crashed":
      return [`crash ${event.attempt} of ${event.max}: ${event.reason}`, "wrong"];
    case "restarting":
      return [`restart in ${shortly(event.delay_ms)}`, "quiet"];
    case "stopping":
      return [`run ${event.run} asked to end: ${event.reason}`, "quiet"];
    case "stopped":
      return [`run ${event.run} gone, ${left(event.survivors)} left`, event.survivors === 0 ? "quiet" : "wrong"];
    case "failed":
      return [`given up: ${event.reason}`, "wrong"];
    case "waiting_for":
      return [`waits for ${event.sidecars.join(", ")}`, "quiet"];
    case "roll_degraded":
      return [`restarted instead of rolled: ${event.reason}`, "wrong"];
    case "roll_failed":
      return [`not replaced: ${event.reason}`, "wrong"];
    case "port_held":
      // In a roll it is the run that is to be replaced.
      return event.holder.kind === "ours"
        ? [`port ${event.port} is still taken by a run of ours`, "quiet"]
        : [`port ${event.port} is held by ${event.holder.command ?? "somebody"}`, "wrong"];
    default:
      return null;
  }
}

const left = (survivors: number[] | 0): string => (survivors === 0 ? "nothing" : survivors.join(", "));

const MOST = 200;

/** A list of events, the newest on top. */
export class Timeline {
  constructor(private readonly list: HTMLElement) {}

  /** `who` stands before the words where there are several sidecars. */
  add(event: SidecarEvent, who = ""): void {
    const said = inWords(event);
    if (said === null) return;
    const [words, tone] = said;
    this.say(who === "" ? sentence(words) : `${who}: ${words}`, tone);
  }

  /** What the page itself has to say. */
  say(words: string, tone: Tone): void {
    const item = make("li", "");
    item.dataset["tone"] = tone;
    const time = make("time", "", new Date().toLocaleTimeString("en-GB"));
    item.append(time, make("span", "", words));
    this.list.prepend(item);
    if (this.list.childElementCount > MOST) this.list.lastElementChild?.remove();
  }
}

/** With a capital. */
export const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
