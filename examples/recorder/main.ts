/** The recorder's page. It may be loaded again at any time, and finds what is going on. */
import { invoke } from "@tauri-apps/api/core";
import { Sidecar, SidecarError, SidecarLifecycle, type SidecarInfo, type UnlistenFn } from "tauri-plugin-sidecar-lifecycle-api";
import "../theme/theme.css";
import "./style.css";
import { byId, make, setText } from "../../src/lib/dom";
import { Timeline, showPhase } from "../theme/events";
import { newest } from "../theme/newest";
import { clock, size } from "../theme/view";
import { ProgressReader } from "./progress";

const RECORDER = "recorder";
/** Where this window remembers the process it has seen last. */
const PID = "recorder-pid";
/** As many lines of ffmpeg as are shown. */
const MOST_LINES = 200;

interface Recording {
  name: string;
  bytes: number;
  seconds: number | null;
  running: boolean;
}

/** Of the page that was here before this one. */
const remembered = Number(sessionStorage.getItem(PID));
const trouble = byId("trouble");
const timeline = new Timeline(byId("events"));
/** The name of the file that is being written, once it is known. */
let current: string | undefined;

/** What a failure says is shown until the next thing succeeds. */
async function attempt(what: () => Promise<unknown>): Promise<void> {
  try {
    await what();
    setText(trouble, "");
  } catch (e) {
    setText(trouble, e instanceof Error ? e.message : String(e));
  }
}

// --- What one can do ---

/** Several calls, of several windows too, start one recording: the first one's. */
async function record(): Promise<void> {
  const name = `take-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}`;
  try {
    await SidecarLifecycle.ensureRunning(RECORDER, { params: { name } });
  } catch (e) {
    // Another window was faster: that recording is as good.
    if (!(e instanceof SidecarError && e.code === "other-config")) throw e;
  }
}

/** ffmpeg is asked to end by a `q` on its stdin, as somebody at a terminal would: see `stop_input`. */
async function stop(): Promise<void> {
  await SidecarLifecycle.stop(RECORDER, { reason: "the recording is over" });
}

// --- What is going on ---

function showInfo(info: SidecarInfo): void {
  const on = info.is_running;
  showPhase(byId("state"), info.state);
  if (info.state === "ready") setText(byId("state"), "Recording");
  setText(byId("pid"), String(info.pid ?? "–"));
  byId("record").hidden = on;
  byId("stop").hidden = !on;
  byId("sign").hidden = !on;
  byId("no-picture").hidden = on;
  if (!on) byId("picture").hidden = true;
  showTitle();
  if (info.state === "failed") setText(trouble, `The recording has ended: ${info.failure ?? "nobody knows why"}`);
  if (info.pid !== null) sessionStorage.setItem(PID, String(info.pid));
}

/** For whoever looks at the task bar; Rust gives it to the window. */
function showTitle(): void {
  document.title = byId("sign").hidden ? "Recorder" : `● ${byId("elapsed").textContent} Recorder`;
}

/** Tells how the recording was found: by the pid that this window remembers, or by its id. */
async function find(): Promise<void> {
  const found = (how: string, { pid }: Sidecar) => {
    setText(byId("found"), `by its ${how}`);
    timeline.say(`Found again by its ${how}, pid ${pid}`, "well");
  };
  try {
    if (remembered > 0) return found("pid", await Sidecar.fromPid(remembered));
  } catch (e) {
    // It has ended meanwhile, and its pid may be anybody's.
    if (!(e instanceof SidecarError)) throw e;
  }
  try {
    found("id", await Sidecar.attach(RECORDER));
  } catch (e) {
    if (!(e instanceof SidecarError && e.code === "not-running")) throw e;
  }
}

const lines: string[] = [];
const reader = new ProgressReader({
  begin() {
    lines.length = 0;
  },
  line(text) {
    lines.push(text);
    if (lines.length > MOST_LINES) lines.shift();
  },
  progress({ seconds, bytes, frames }) {
    setText(byId("elapsed"), clock(seconds));
    showTitle();
    setText(byId("recorded"), clock(seconds));
    setText(byId("size"), size(bytes));
    setText(byId("frames"), String(frames));
    void showPicture();
  },
});

function showLines(): void {
  const log = byId("log");
  const atEnd = log.scrollTop + log.clientHeight > log.scrollHeight - 8;
  setText(log, lines.join("\n"));
  if (atEnd) log.scrollTop = log.scrollHeight;
}

let asking = false;

/** The picture of this moment, which ffmpeg leaves beside the recording. */
async function showPicture(): Promise<void> {
  if (asking || byId("sign").hidden) return;
  asking = true;
  try {
    // ffmpeg runs for a moment before there is a file.
    if (current === undefined) await showRecordings();
    if (current === undefined) return;
    const picture = byId<HTMLImageElement>("picture");
    await paint(picture, current);
    picture.hidden = byId("sign").hidden;
  } catch {
    // The first one is not written yet.
  } finally {
    asking = false;
  }
}

async function paint(image: HTMLImageElement, name: string): Promise<void> {
  const bytes = await invoke<ArrayBuffer>("still", { name });
  const url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  image.src = url;
  await image.decode().finally(() => URL.revokeObjectURL(url));
}

const showRecordings = newest(
  () => invoke<Recording[]>("recordings"),
  (all) => {
    current = all.find(({ running }) => running)?.name;
    const done = all.filter(({ running }) => !running);
    byId("recordings").replaceChildren(...done.map(row));
    byId("no-recordings").hidden = done.length > 0;
  },
);

function row({ name, bytes, seconds }: Recording): HTMLElement {
  const item = make("li", "recording");
  item.dataset["name"] = name;
  const image = make("img", "");
  image.alt = "";
  // Without a last picture there is the dark square.
  void paint(image, name).catch(() => {});
  const words = make("div", "");
  const length = seconds === null ? "cannot be played: it was not ended in order" : `${seconds.toFixed(1)} s`;
  words.append(make("p", "", `${name}.mp4`), make("p", "facts-line", `${length} · ${size(bytes)}`));
  if (seconds === null) item.dataset["tone"] = "wrong";
  item.append(image, words);
  return item;
}

// --- From here on it lives ---

/** Ends what this code has begun in the document: hot replacement runs it again in the same one. */
const gone = new AbortController();
const unlisten: UnlistenFn[] = [];
const onClick = (id: string, what: () => Promise<unknown>) =>
  byId(id).addEventListener("click", () => void attempt(what), { signal: gone.signal });

onClick("record", record);
onClick("stop", stop);
onClick("second", () => invoke("open_window"));
onClick("reload", async () => location.reload());

const askInfo = newest(() => SidecarLifecycle.getStatus(RECORDER), showInfo);

async function refresh(): Promise<void> {
  await askInfo();
  await showRecordings();
}

await attempt(async () => {
  unlisten.push(
    await SidecarLifecycle.onEvent(async (event) => {
      if (event.sidecar !== RECORDER) return;
      timeline.add(event);
      if (event.event === "spawned") setText(byId("found"), "–");
      if (event.event === "phase_changed") await attempt(refresh);
    }),
  );
  await refresh();
  await find();
  unlisten.push(
    await SidecarLifecycle.onLog(RECORDER, ({ lines: fresh }) => {
      for (const { stream, line } of fresh) reader.take(stream, line);
      showLines();
    }),
  );
});

if (import.meta.hot) {
  import.meta.hot.accept();
  import.meta.hot.dispose(() => {
    gone.abort();
    for (const end of unlisten) end();
  });
}
