/** Two services under load: what is sent, who answers, and what is lost when the api is replaced. */
import { SidecarLifecycle, type SidecarEvent, type SidecarInfo } from "tauri-plugin-sidecar-lifecycle-api";

import { byId, setText } from "../../src/lib/dom";
import { showPhase, Timeline } from "../theme/events";
import { newest } from "../theme/newest";
import { Load, type Outcome } from "./load";
import { Replacements, type Kind } from "./replacements";
import { Runs } from "./runs";
import { Strip } from "./strip";

const API = "api";
const GATEWAY = "gateway";
/** How often numbers are written: faster than that nobody reads. */
const EVERY_MS = 200;

const rate = byId<HTMLSelectElement>("rate");
const pause = byId<HTMLButtonElement>("pause");
const buttons = { Roll: byId<HTMLButtonElement>("roll"), Restart: byId<HTMLButtonElement>("restart") };

const runs = new Runs();
const strip = new Strip(byId<HTMLCanvasElement>("strip"));
const timeline = new Timeline(byId("events"));
const load = new Load(take);
const replacements = new Replacements(load);

function take({ pid, error }: Outcome): void {
  if (error !== undefined) console.warn(error);
  strip.add(pid === null ? null : runs.answeredBy(pid));
  if (pid !== null) replacements.answeredBy(pid);
}

function hear(event: SidecarEvent): void {
  timeline.add(event, event.sidecar === API ? "Api" : "Gateway");
  if (event.sidecar === API) {
    runs.hear(event);
    replacements.hear(event);
  } else if (event.event === "ready" || event.event === "phase_changed") {
    askGateway().catch(complain);
  }
}

const askGateway = newest(() => SidecarLifecycle.getStatus(GATEWAY), showGateway);

function showGateway({ state, port, pid, run, is_running, is_healthy }: SidecarInfo): void {
  setText(byId("gateway-name"), run === null ? "Gateway" : `Gateway, run ${run}`);
  showPhase(byId("gateway-state"), state);
  setText(byId("gateway-facts"), is_running ? `port ${port}, pid ${pid}` : "");
  // Not while it starts: nobody listens yet. By its address and not by `localhost`: it listens on that one alone.
  load.url = is_healthy && port !== null ? `http://127.0.0.1:${port}/answer` : null;
}

function showNumbers(): void {
  setText(byId("sent"), `${load.sent}`);
  setText(byId("answered"), `${load.answered}`);
  setText(byId("failed"), `${load.failed}`);
  byId("failed-box").dataset["tone"] = load.failed > 0 ? "wrong" : "well";
  setText(byId("p50"), milliseconds(load.quantile(0.5)));
  setText(byId("p95"), milliseconds(load.quantile(0.95)));
  runs.showCounts();
  const replaceable = runs.live.length === 1 && runs.live[0]?.stage === "Ready" && !replacements.isGoing;
  for (const button of Object.values(buttons)) button.disabled = !replaceable;
}

const milliseconds = (ms: number | null): string => (ms === null ? "–" : `${Math.round(ms)} ms`);

function setRate(): void {
  const paused = pause.getAttribute("aria-pressed") === "true";
  load.rate = paused ? 0 : Number(rate.value);
  setText(byId("rate-told"), paused ? "asks nothing" : `asks ${rate.value} times a second`);
}

async function replace(kind: Kind): Promise<void> {
  setText(byId("error"), "");
  replacements.begin(kind);
  showNumbers();
  try {
    const why = { reason: "its button was pressed" };
    await (kind === "Roll" ? SidecarLifecycle.roll(API, why) : SidecarLifecycle.restart(API, why));
  } catch (error) {
    replacements.giveUp();
    complain(error);
  }
}

function complain(error: unknown): void {
  setText(byId("error"), error instanceof Error ? error.message : String(error));
}

buttons.Roll.addEventListener("click", () => void replace("Roll"));
buttons.Restart.addEventListener("click", () => void replace("Restart"));
rate.addEventListener("change", setRate);
pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(paused));
  setText(pause, paused ? "Go on" : "Pause");
  setRate();
});
byId("reset").addEventListener("click", () => {
  load.reset();
  runs.reset();
  strip.clear();
  showNumbers();
});

await SidecarLifecycle.onEvent(hear);
runs.adopt(await SidecarLifecycle.getStatus(API));
await askGateway();
setRate();
setInterval(showNumbers, EVERY_MS);
