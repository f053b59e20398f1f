/** What went wrong, and how it goes on: from the crash until the server is back. */
import type { SidecarEvent } from "tauri-plugin-sidecar-lifecycle-api";

import { byId, setText } from "../../src/lib/dom";
import { ending, sentence, shortly } from "../theme/events";

const card = byId("crash");

/** When it crashed, on the engine's clock; null while nothing is being mended. */
let since: number | null = null;
/** The run that crashed. */
let crashed = 0;

/** Shows what an event changes about it. */
export function hear(event: SidecarEvent): void {
  switch (event.event) {
    case "crashed":
      since = event.mono_ms;
      crashed = event.run;
      open("The server crashed");
      // One that ended says so below; of one that hangs this is all that is known.
      setText(byId("crash-reason"), ending(event) === "" ? sentence(event.reason) : "");
      setText(byId("crash-ending"), ending(event) || "it still runs");
      setText(byId("crash-attempt"), `${event.attempt} of ${event.max}`);
      setText(byId("crash-again"), "not yet");
      byId("crash-lines").textContent = event.last_lines.join("\n");
      byId("crash-lines").hidden = event.last_lines.length === 0;
      return;
    case "exited":
      // One that only stopped answering was ended by us.
      if (event.run === crashed) setText(byId("crash-ending"), ending(event) + (event.asked ? ", when asked to" : ""));
      return;
    case "restarting":
      setText(byId("crash-again"), `a new run begins in ${shortly(event.delay_ms)}`);
      return;
    case "spawned":
      if (since !== null) setText(byId("crash-again"), "the new run is starting");
      return;
    case "ready":
      if (since === null) return;
      setText(byId("crash-title"), "The server crashed and is back");
      setText(byId("crash-again"), `after ${shortly(event.mono_ms - since)}`);
      close("dismiss");
      return;
    case "failed":
      open("The server was given up");
      setText(byId("crash-reason"), sentence(event.reason));
      setText(byId("crash-again"), "no");
      close("again");
      return;
    default:
  }
}

function open(title: string): void {
  card.hidden = false;
  card.dataset["over"] = "false";
  byId("dismiss").hidden = true;
  byId("again").hidden = true;
  setText(byId("crash-title"), title);
  card.scrollIntoView({ block: "nearest" });
}

/** Nothing more will come; `button` is what can be done about it. */
function close(button: "again" | "dismiss"): void {
  since = null;
  card.dataset["over"] = String(button === "dismiss");
  byId(button).hidden = false;
}

byId("dismiss").addEventListener("click", () => (card.hidden = true));
