/** What each replacement of the api has cost: one row for each. */
import type { SidecarEvent } from "tauri-plugin-sidecar-lifecycle-api";

import { byId, make } from "../../src/lib/dom";
import { shortly } from "../theme/events";
import type { Load } from "./load";

export type Kind = "Roll" | "Restart";

/** As many rows as are shown. */
const MOST = 6;

interface Going {
  kind: Kind;
  begin: number;
  sent: number;
  failed: number;
  /** The new run's pid, once it is ready. */
  pid: number | null;
  run: number;
  oldIsGone: boolean;
}

export class Replacements {
  #going: Going | null = null;

  constructor(private readonly load: Load) {}

  get isGoing(): boolean {
    return this.#going !== null;
  }

  begin(kind: Kind): void {
    const { sent, failed } = this.load;
    this.#going = { kind, begin: performance.now(), sent, failed, pid: null, run: 0, oldIsGone: false };
  }

  /** It will not come to an end. */
  giveUp(): void {
    this.#going = null;
  }

  hear(event: SidecarEvent): void {
    const going = this.#going;
    if (going === null) return;
    if (event.event === "ready") Object.assign(going, { pid: event.pid, run: event.run });
    if (event.event === "stopped" && event.run !== going.run) going.oldIsGone = true;
    if (event.event === "roll_failed" || event.event === "failed") this.giveUp();
  }

  /** It is over when the old run is gone and the new one has answered. */
  answeredBy(pid: number): void {
    const going = this.#going;
    if (going === null || going.pid !== pid || !going.oldIsGone) return;
    this.#going = null;
    const failed = this.load.failed - going.failed;
    const row = make("tr", "");
    row.dataset["kind"] = going.kind.toLowerCase();
    row.dataset["failed"] = String(failed);
    const cells = [
      `${going.kind} to run ${going.run}`,
      shortly(performance.now() - going.begin),
      `${this.load.sent - going.sent}`,
      `${failed}`,
    ];
    row.append(...cells.map((text) => make("td", "", text)));
    const rows = byId("replacements");
    rows.prepend(row);
    if (rows.childElementCount > MOST) rows.lastElementChild?.remove();
    byId("no-replacements").hidden = true;
    byId("table").hidden = false;
  }
}
