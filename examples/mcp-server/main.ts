/** The MCP server's state, and what happens to it. */
import { invoke } from "@tauri-apps/api/core";
import { SidecarLifecycle, type SidecarEvent, type SidecarInfo } from "tauri-plugin-sidecar-lifecycle-api";

import { byId, setText } from "../../src/lib/dom";
import { spokenDuration } from "../../src/lib/duration";
import { showPhase, Timeline } from "../theme/events";
import { newest } from "../theme/newest";
import * as crashCard from "./crash-card";
import { connect, disconnect } from "./tool-panel";

const ID = "mcp-server";
/** How often the numbers are asked for that change without an event. */
const EVERY_MS = 1_000;

const timeline = new Timeline(byId("events"));
const toggle = byId<HTMLButtonElement>("toggle");

/** The run that the page is connected to. */
let connectedTo: number | null = null;

function show(info: SidecarInfo): void {
  showPhase(byId("state"), info.state);
  setText(byId("address"), info.port === null ? "none" : `127.0.0.1:${info.port}`);
  setText(byId("pid"), info.pid === null ? "none" : `${info.pid}`);
  setText(byId("uptime"), info.is_running ? spokenDuration(info.uptime_seconds * 1000) : "not running");
  setText(byId("restarts"), `${info.restart_count}`);
  setText(byId("check"), info.last_health_check === null ? "none" : clock(info.last_health_check));
  setText(toggle, info.wanted === "up" ? "Stop" : "Start");
  void follow(info);
}

/** Each run of the server is another process on a port of its own. */
async function follow({ is_healthy, run, port }: SidecarInfo): Promise<void> {
  if (!is_healthy || run === null || port === null) {
    connectedTo = null;
    disconnect();
    return;
  }
  if (run === connectedTo) return;
  connectedTo = run;
  try {
    await connect(port);
    setText(byId("error"), "");
  } catch (error) {
    // It may have died in between: then its next run is followed.
    if (run === connectedTo) connectedTo = null;
    complain(error);
  }
}

function hear(event: SidecarEvent): void {
  if (event.sidecar !== ID) return;
  timeline.add(event);
  crashCard.hear(event);
  void refresh();
}

const refresh = newest(() => SidecarLifecycle.getStatus(ID), show);

/** Starts it unless it runs. The command is the app's own: what is started is written in Rust. */
async function ensure(): Promise<void> {
  setText(byId("error"), "");
  try {
    show(await invoke<SidecarInfo>("ensure_mcp_server"));
  } catch (error) {
    complain(error);
  }
}

const clock = (time: string): string => new Date(time).toLocaleTimeString("en-GB");

function complain(error: unknown): void {
  setText(byId("error"), error instanceof Error ? error.message : String(error));
}

byId("restart").addEventListener("click", () => {
  SidecarLifecycle.restart(ID, { reason: "its button was pressed" }).catch(complain);
});
toggle.addEventListener("click", () => {
  if (toggle.textContent === "Start") void ensure();
  else SidecarLifecycle.stop(ID, { reason: "its button was pressed" }).catch(complain);
});
byId("again").addEventListener("click", () => void ensure());

await SidecarLifecycle.onEvent(hear);
await ensure();
setInterval(() => {
  if (!document.hidden) refresh().catch(complain);
}, EVERY_MS);
