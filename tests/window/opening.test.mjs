// From the first start to the project's page.
import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { isRunning } from "../../scripts/lib/child.mjs";
import { cleanUp } from "../lib/cleanup.mjs";
import { useDesk } from "../lib/desk.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();
const asked = (app) => until("the question", () => app.page.text("body[data-view=ask] #question"));

test("the first start asks, Open runs the project, and the second start does not ask", async (t) => {
  const project = await makeProject(t, { npm: true });
  const user = makeUser(t);
  const first = await desk.open(t, project, { user, trust: false });
  assert.equal(await asked(first), "Open shop?");
  assert.equal(await first.page.text("#command"), "npm run dev");
  assert.deepEqual(project.starts(), [], "nothing runs before the answer");
  await first.picture("question-light");
  await first.page.click("#open");
  await first.shown();
  assert.equal(await first.page.url(), project.url());
  await first.press("ctrl+q");
  await first.gone();

  const second = await desk.open(t, project, { user, trust: false });
  await second.shown();
  assert.equal(project.starts().length, 2);
});

test("Cancel ends with nothing started", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project, { trust: false });
  await asked(app);
  const family = app.family();
  await app.page.click("#cancel").catch(() => {}); // The window may be gone before the answer is.
  await app.gone({ family });
  assert.deepEqual(project.starts(), []);
});

test("Refresh by key does not run what was not agreed to", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project, { trust: false });
  await asked(app);
  await app.press("ctrl+shift+r");
  await until("the key was seen", () => app.user.read(project, ".tauri-log").includes("menu: refresh"));
  assert.equal(await asked(app), "Open shop?");
  assert.deepEqual(project.starts(), []);
});

test("a second start answers no question of the first one, and writes nothing where that does", async (t) => {
  const project = await makeProject(t);
  const user = makeUser(t);
  const first = await desk.open(t, project, { user, trust: false });
  await asked(first);
  const second = await desk.open(t, project, { user, driven: false });
  assert.deepEqual(await second.ended(), { code: 0, signal: null });
  await second.end({ ports: [] });
  assert.equal(existsSync(join(user.state(project), "settings.json")), false);
  assert.equal(await asked(first), "Open shop?");
  assert.deepEqual(project.starts(), []);
});

test("what was mended on the trouble page is asked about all the same", async (t) => {
  const project = await makeProject(t, { npm: true });
  project.remove("package.json");
  const app = await desk.open(t, project, { trust: false });
  await app.trouble("no-package-json");
  project.write("package.json", { name: "shop", scripts: { dev: "node server.mjs" } });
  await app.page.click('[data-action="retry"]');
  assert.equal(await asked(app), "Open shop?");
  assert.deepEqual(project.starts(), []);
});

test("a project that was not agreed to does not choose where Berth writes", async (t) => {
  const project = await makeProject(t, { config: { logDir: "." } });
  const victim = project.path("victim");
  writeFileSync(victim, "");
  symlinkSync(victim, project.path(".tauri-log"));
  const app = await desk.open(t, project, { trust: false });
  await asked(app);
  assert.equal(readFileSync(victim, "utf8"), "");
  assert.match(app.user.read(project, ".tauri-log"), /opens/);
});

test("the window goes to the page when the server answers, and not before", async (t) => {
  const project = await makeProject(t, { wish: { mute: true } });
  const app = await desk.open(t, project);
  await until("the launch page", () => app.page.text("body[data-view=progress] #step"));
  await until("somebody asks the server", () => project.requests().length > 0);
  const seen = new Set([await app.page.url()]);
  project.release();
  await until("the project's address", async () => seen.add(await app.page.url()).has(project.url()));
  for (const url of seen) assert.ok(url.startsWith("tauri://localhost") || url === project.url(), `${url} is nobody's`);
  await app.shown();
  assert.equal(await app.page.text("h1"), "A small project");
  const byWindow = project.requests().filter(({ webview }) => webview);
  assert.ok(byWindow.length > 0);
  assert.ok(!byWindow.some(({ held }) => held), "the window asked before the server had answered anybody");
});

test("a server that is ready before there is a window needs no launch page", async (t) => {
  const project = await makeProject(t);
  const user = makeUser(t);
  const log = () => user.read(project, ".tauri-log");
  // No window is built on a display that does not answer; the server starts all the same.
  const resume = desk.display.pause();
  cleanUp(t, resume);
  const opening = desk.open(t, project, { user });
  // Its port is written down last of all that a ready server changes.
  await until("the server is ready", () => JSON.parse(user.read(project, "settings.json")).port === project.port);
  resume();
  const app = await opening;
  await app.shown();
  assert.match(log(), /no launch page/);
  assert.deepEqual(await app.page.run("return [location.href, history.length]"), [project.url(), 1]);
  const refused = await app.page.runAsync("return window.__TAURI_INTERNALS__.invoke('launch_snapshot')");
  assert.match(refused.thrown, /not allowed/, "it begins with no more rights than a page that is gone to");
  await app.press("ctrl+shift+r");
  await app.shown(2);
  assert.equal(await app.page.url(), project.url());
});

test("the launch page shows what happens, and the server's lines", async (t) => {
  const project = await makeProject(t, { wish: { mute: true, lines: ["\u001b[32mwarming up\u001b[0m", "second line"] } });
  const app = await desk.open(t, project);
  await until("the lines", async () => (await app.page.text("#log"))?.includes("warming up"));
  assert.equal(await app.page.text("#step"), `Waiting for the server on port ${project.port}`);
  assert.ok(!(await app.page.text("#log")).includes("\u001b"), "colours are drawn, not printed");
  await until("the elapsed time", () => app.page.text("#elapsed"));
  await app.picture("launch-light");
  project.release();
  await app.shown();
  await app.picture("page-light");
});

test("a second start of the same project focuses the first and ends with 0", async (t) => {
  const user = makeUser(t);
  const [shop, blog] = [await makeProject(t), await makeProject(t, { name: "blog" })];
  const first = await desk.open(t, shop, { user, driven: false });
  await first.shown();
  const other = await desk.open(t, blog, { user, driven: false });
  await other.shown();
  await until("the newer window has the focus", async () => {
    if (await other.isActive()) return true;
    await other.press("Escape");
    return false;
  });
  const again = await desk.open(t, shop, { user, driven: false });
  assert.deepEqual(await again.ended(), { code: 0, signal: null });
  assert.match(again.output, /is open already/);
  await again.end({ ports: [] }); // The port is the first one's.
  await until("the first has the focus", () => first.isActive());
  assert.ok(isRunning(other.child), "another project is not disturbed");
  assert.equal(shop.starts().length, 1);
});
