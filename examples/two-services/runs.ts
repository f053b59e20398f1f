/** The runs of the api: which there are, where, and how much each has answered. */
import type { SidecarEvent, SidecarInfo } from "tauri-plugin-sidecar-lifecycle-api";

import { byId, make, setText } from "../../src/lib/dom";

type Stage = "Starting" | "Ready" | "Finishing" | "Gone";

interface Run {
  run: number;
  pid: number;
  port: number | null;
  stage: Stage;
  answered: number;
  colour: string;
  node: HTMLElement;
  entry: HTMLElement;
  /** Its place in the picture. */
  slot: number;
}

const COLOURS = 5;
const SLOTS = 2;
const TONES: Record<Stage, string> = { Starting: "busy", Ready: "well", Finishing: "busy", Gone: "quiet" };
/** Of those that are gone, so many are told of. */
const MOST_GONE = 4;

export class Runs {
  #runs: Run[] = [];
  /** The places of the picture, taken or not. */
  readonly #places = Array.from({ length: SLOTS }, () => make("li", "room", "Room for the next run"));
  /** The pid that answered last: that is where the gateway asks. */
  #asked = 0;

  constructor() {
    byId("runs").append(...this.#places);
  }

  /** The page may have been loaded when the api ran already. */
  adopt({ run, pid, port, is_healthy }: SidecarInfo): void {
    if (run !== null && pid !== null) this.#add(run, pid, port, is_healthy ? "Ready" : "Starting");
  }

  hear(event: SidecarEvent): void {
    if (event.event === "spawned") this.#add(event.run, event.pid, event.port, "Starting");
    // The page may have come in between, and what it has asked for itself may be answered from before.
    if (event.event === "ready") this.#add(event.run, event.pid, event.port, "Ready");
    const known = this.#runs.find(({ run }) => run === event.run);
    if (known === undefined) return;
    if (event.event === "ready") this.#set(known, "Ready");
    if (event.event === "stopping") this.#set(known, "Finishing");
    if (event.event === "stopped") this.#set(known, "Gone");
  }

  /** The runs that live. */
  get live(): readonly Run[] {
    return this.#runs.filter(({ stage }) => stage !== "Gone");
  }

  /** Counts an answer, and tells its colour. */
  answeredBy(pid: number): string {
    const run = this.#runs.findLast((known) => known.pid === pid);
    if (run === undefined) return "--quiet";
    run.answered += 1;
    if (this.#asked !== pid) {
      this.#asked = pid;
      for (const one of this.#runs) one.node.classList.toggle("asked", one.pid === pid);
      for (const wire of document.querySelectorAll<SVGPathElement>(".fork path")) {
        wire.classList.toggle("asked", wire.dataset["slot"] === `${run.slot}`);
        wire.style.setProperty("--own", `var(${run.colour})`);
      }
    }
    return run.colour;
  }

  /** Writes the counts, which change too often for each to be written. */
  showCounts(): void {
    for (const { entry, run, port, answered } of this.#runs) {
      setText(entry, `Run ${run}, port ${port}: ${answered} answered`);
    }
  }

  reset(): void {
    for (const run of this.#runs) run.answered = 0;
  }

  #add(run: number, pid: number, port: number | null, stage: Stage): void {
    if (this.#runs.some((known) => known.run === run)) return;
    const colour = `--run-${run % COLOURS}`;
    const node = make("li", "node run");
    const state = make("span", "state");
    node.append(make("strong", "", `Api, run ${run}`), state, make("span", "", `port ${port}, pid ${pid}`));
    const entry = make("li", "");
    for (const element of [node, entry]) element.style.setProperty("--own", `var(${colour})`);
    const slot = this.#freeSlot();
    const added = { run, pid, port, stage, answered: 0, colour, node, entry, slot };
    this.#runs.push(added);
    this.#places[slot]?.replaceWith(node);
    byId("legend").append(entry);
    this.#set(added, stage);
  }

  /** There are never more than two: a roll waits until the last one has ended. */
  #freeSlot(): number {
    const taken = this.live.map(({ slot }) => slot);
    return Math.max(0, this.#places.findIndex((_, slot) => !taken.includes(slot)));
  }

  #set(run: Run, stage: Stage): void {
    run.stage = stage;
    const state = run.node.querySelector<HTMLElement>(".state");
    if (state === null) return;
    setText(state, stage);
    state.dataset["tone"] = TONES[stage];
    run.node.dataset["stage"] = stage;
    if (stage !== "Gone") return;
    const place = this.#places[run.slot];
    if (place !== undefined) run.node.replaceWith(place);
    const gone = this.#runs.filter((one) => one.stage === "Gone");
    for (const old of gone.slice(0, -MOST_GONE)) {
      old.entry.remove();
      this.#runs.splice(this.#runs.indexOf(old), 1);
    }
  }
}
