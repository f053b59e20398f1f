// A recording that outlives its page, in every way that a page may end: real windows, a real ffmpeg,
// and files that play to their end.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { openExample } from "../lib/example.mjs";
import { lives } from "../lib/processes.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();
const FRAMES_PER_SECOND = 25;

test("a recording goes on while its page is reloaded, left and run anew, and its file plays to the end", async (t) => {
  const app = await openRecorder(t);
  await until("nothing is recorded yet", async () => (await seen(app)).state === "Stopped");
  await app.page.click("#record");
  const ffmpeg = await until("ffmpeg runs", () => app.running("ffmpeg")[0]);
  await recording(app, ffmpeg);
  await app.picture("recorder-light");
  await recordedFor(app, 1);

  await app.page.run("window.isOld = true");
  await app.page.click("#reload");
  await isNew(app);
  await recording(app, ffmpeg, "pid");
  await app.picture("recorder-reloaded-light");

  await app.page.click("a[href='./about.html']");
  await until("another page", async () => (await app.page.text("h1")) === "How it is found again");
  await app.page.click("a");
  await recording(app, ffmpeg, "pid");
  await app.page.back();
  await until("the other page again", async () => (await app.page.text("h1")) === "How it is found again");
  await app.page.back();
  await recording(app, ffmpeg, "pid");

  // As hot replacement does: the page's code once more, in the same document.
  await app.page.runAsync("await import(document.querySelector('script[type=module]').src + '?again')");
  await recording(app, ffmpeg);

  // A page that has forgotten everything still knows the id.
  const early = await frames(app);
  await app.page.run("sessionStorage.clear(); window.isOld = true");
  await app.page.reload();
  await isNew(app);
  await recording(app, ffmpeg, "id");

  assert.deepEqual(app.running("ffmpeg").map(({ pid }) => pid), [ffmpeg.pid], "nothing was started twice");
  const late = await until("it goes on", async () => (await frames(app)) > early && frames(app));
  await app.page.click("#stop");
  await until("it has ended", async () => (await seen(app)).state === "Stopped");
  assert.ok(!lives(ffmpeg));
  await until("the file is in the list", async () => (await list(app)).length === 1);
  assert.match((await list(app))[0], /^take-[\dT-]+\.mp4\d+\.\d s · /);

  const all = await playsToTheEnd(app);
  assert.ok(all.frames >= late, `${all.frames} frames in the file, and the page was told of ${late}`);
  await app.page.run("scrollTo(0, 0)");
  await app.picture("recorder-stopped-light");
  await app.end();
});

test("a page whose process crashes comes back and finds its recording", async (t) => {
  // The driver does not survive the crash. What the page knows stands in the window's title.
  const app = await openRecorder(t, { driven: false });
  const window = await app.window("Recorder");
  await until("ffmpeg runs", async () => {
    await app.press(window, "Return");
    return app.running("ffmpeg").length === 1;
  });
  const [ffmpeg] = app.running("ffmpeg");
  const shown = async () => Number((await app.title(window)).match(/^● 0:(\d\d) Recorder$/)?.[1]);
  await until("the page counts", async () => (await shown()) >= 1);
  const [page] = app.running("WebKitWebProces");
  const before = await shown();
  process.kill(page.pid, "SIGKILL");
  // The window has no title for a moment.
  await until("another page counts on", async () => (await shown()) > before + 2);
  assert.notEqual(app.running("WebKitWebProces")[0].pid, page.pid);
  assert.deepEqual(app.running("ffmpeg").map(({ pid }) => pid), [ffmpeg.pid]);
  await app.picture("recorder-crashed-light");
  // Closing the window ends the app, and the recording in order.
  await app.close(window);
  await app.gone();
  assert.equal((await app.child.ended).code, 0);
  await playsToTheEnd(app);
});

test("two windows share one recording, and closing one of them ends nothing", async (t) => {
  const app = await openRecorder(t, { env: { GTK_THEME: "Adwaita:dark" } });
  await app.page.click("#record");
  const ffmpeg = await until("ffmpeg runs", () => app.running("ffmpeg")[0]);
  await recording(app, ffmpeg);
  const [first] = await app.page.windows();
  const firstWindow = await app.window(".*Recorder");
  await app.page.click("#second");
  const second = await until("another window", async () => (await app.page.windows()).find((handle) => handle !== first));
  await app.page.focus(second);
  await recording(app, ffmpeg, "id");
  await app.picture("recorder-two-dark");
  await app.close(firstWindow);
  await until("one window is left", async () => (await app.page.windows()).length === 1);
  const { elapsed } = await seen(app);
  await recordedFor(app, elapsed + 1);
  await recording(app, ffmpeg);
  await app.page.click("#stop");
  await until("it has ended", async () => (await seen(app)).state === "Stopped");
  await playsToTheEnd(app);
  await app.resize(await app.window("Recorder"), 420, 780);
  await app.picture("recorder-narrow-dark");
});

test("an app that is killed in mid-recording leaves a file that plays, and no ffmpeg", async (t) => {
  const user = makeUser(t);
  const app = await openRecorder(t, { user });
  await app.page.click("#record");
  const ffmpeg = await until("ffmpeg runs", () => app.running("ffmpeg")[0]);
  await recording(app, ffmpeg);
  await recordedFor(app, 1);
  await app.end({ signal: "SIGKILL" });
  assert.ok(!lives(ffmpeg));
  await playsToTheEnd(app);

  const again = await openRecorder(t, { user });
  await until("the file is in the list", async () => (await list(again)).length === 1);
  assert.match((await list(again))[0], /^take-[\dT-]+\.mp4\d+\.\d s · /);
  assert.equal((await seen(again)).state, "Stopped");
});

function openRecorder(t, options) {
  return openExample(t, desk.display, "recorder", options);
}

/** What the page says. */
async function seen(app) {
  const page = await app.page.run(`
    const text = (id) => document.getElementById(id).textContent;
    return { state: text("state"), pid: text("pid"), elapsed: text("elapsed"), found: text("found"), trouble: text("trouble") };`);
  const [minutes, seconds] = page.elapsed.split(":").map(Number);
  return { ...page, elapsed: 60 * minutes + seconds };
}

/** Waits until the page says that this very process records, and shows its picture. */
async function recording(app, { pid }, found) {
  let last;
  await until(() => `the page shows the recording of ${pid}; it says ${JSON.stringify(last)}`, async () => {
    last = await seen(app);
    return last.state === "Recording" && last.pid === String(pid) && (found === undefined || last.found === `by its ${found}`);
  });
  await until("the picture", () => app.page.run("const i = document.getElementById('picture'); return !i.hidden && i.naturalWidth > 0"));
  assert.equal(last.trouble, "");
}

/** Waits until the page has counted `seconds`. */
function recordedFor(app, seconds) {
  return until(`${seconds} s are recorded`, async () => (await seen(app)).elapsed >= seconds);
}

/** As many frames as the page has been told of. */
async function frames(app) {
  return Number(await app.page.text("#frames"));
}

/** Waits until the document is not the one that was marked. */
function isNew(app) {
  return until("the page is a new one", () => app.page.run("return !window.isOld && document.readyState === 'complete'"));
}

/** The recordings as they are listed. */
function list(app) {
  return app.page.run("return [...document.querySelectorAll('.recording')].map((item) => item.textContent)");
}

/** Decodes every frame of the only recording, and insists that none is missing or broken. */
async function playsToTheEnd(app) {
  const folder = join(app.user.data, "dev.berth.example.recorder", "recordings");
  const names = readdirSync(folder).filter((name) => name.endsWith(".mp4"));
  assert.equal(names.length, 1, names.join(", "));
  const file = join(folder, names[0]);
  assert.ok(existsSync(file.replace(/mp4$/, "jpg")));
  const wanted = ["-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames,duration"];
  const probe = spawnSync("ffprobe", ["-v", "error", ...wanted, "-of", "csv=p=0", file], { encoding: "utf8" });
  assert.equal(probe.stderr, "", "every frame can be decoded");
  assert.match(probe.stdout.trim(), /^[\d.]+,\d+$/);
  const [seconds, frames] = probe.stdout.trim().split(",").map(Number);
  assert.ok(Math.abs(frames - seconds * FRAMES_PER_SECOND) <= 1, `${frames} frames in ${seconds} s`);
  return { seconds, frames };
}
