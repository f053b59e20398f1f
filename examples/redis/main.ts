/** The logbook's page: entries through the app's own commands, the server through the plugin. */
import { invoke } from "@tauri-apps/api/core";
import { SidecarLifecycle } from "tauri-plugin-sidecar-lifecycle-api";
import "../theme/theme.css";
import "./style.css";
import { byId, make, setText } from "../../src/lib/dom";
import { Timeline, shortly, showPhase } from "../theme/events";
import { newest } from "../theme/newest";
import { Uptime } from "../theme/view";

const REDIS = "redis";

interface Note {
  id: string;
  /** In milliseconds since 1970. */
  at: number;
  text: string;
}

const trouble = byId("trouble");
const uptime = new Uptime(byId("uptime"));
const timeline = new Timeline(byId("events"));

/** Calls a command of the app. What it says when it fails is shown until the next one succeeds. */
async function ask<T>(command: string, args: Record<string, unknown> = {}): Promise<T | undefined> {
  try {
    const answer = await invoke<T>(command, args);
    setText(trouble, "");
    return answer;
  } catch (e) {
    setText(trouble, String(e));
    return undefined;
  }
}

const showNotes = newest(
  () => ask<Note[]>("notes"),
  (notes) => {
    byId("notes").replaceChildren(...notes.map(row));
    byId("no-notes").hidden = notes.length > 0;
  },
);

function row({ id, at, text }: Note): HTMLElement {
  const item = make("li", "note");
  const when = new Date(at);
  const time = make("time", "", when.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
  time.dateTime = when.toISOString();
  const remove = make("button", "quiet", "Remove");
  remove.ariaLabel = `Remove “${text}”`;
  remove.addEventListener("click", async () => {
    await ask("remove_note", { id });
    await showNotes();
  });
  item.append(make("p", "", text), time, remove);
  return item;
}

const showServer = newest(
  () => SidecarLifecycle.getStatus(REDIS),
  (info) => {
    showPhase(byId("state"), info.state);
    setText(byId("port"), String(info.port ?? "–"));
    setText(byId("pid"), String(info.pid ?? "–"));
    setText(byId("restarts"), String(info.restart_count));
    uptime.show(info);
    byId<HTMLButtonElement>("kill").disabled = !info.is_running;
  },
);

byId<HTMLFormElement>("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = byId<HTMLInputElement>("text");
  const text = input.value.trim();
  if (text === "") return;
  // Answered when it is on the disk; while the server comes back, it waits for that.
  await ask("add_note", { text });
  if (trouble.textContent === "") input.value = "";
  await showNotes();
});

byId("kill").addEventListener("click", () => void ask("kill_server"));

// From the crash to the next `ready`: how long nobody could have written.
let crashedAt: number | undefined;

await SidecarLifecycle.onEvent(async (event) => {
  if (event.sidecar !== REDIS) return;
  timeline.add(event);
  if (event.event === "crashed") crashedAt = event.mono_ms;
  if (event.event === "ready") {
    if (crashedAt !== undefined) timeline.say(`Back after ${shortly(event.mono_ms - crashedAt)}`, "well");
    crashedAt = undefined;
    await showNotes();
  }
  await showServer();
});
await showServer();
await showNotes();
