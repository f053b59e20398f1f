// The native menu, by its keys.
import assert from "node:assert/strict";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { hasMarker, lives, processes } from "../lib/processes.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";
import { pressInto } from "../lib/xdotool.mjs";

const desk = useDesk();

/** The servers of the project that run now. */
const servers = (project) => processes().filter((p) => project.starts().includes(p.pid) && lives(p) && hasMarker(p));

test("Refresh starts another server and shows the same route again", async (t) => {
  const project = await makeProject(t, { npm: true });
  const app = await desk.open(t, project);
  await app.shown();
  await app.page.run("history.pushState({}, '', '/cart/7?size=m#total')");
  const [before] = project.starts();
  await app.press("ctrl+shift+r");
  await app.shown(2);
  const after = project.starts();
  assert.equal(after.length, 2);
  assert.deepEqual(servers(project).map(({ pid }) => pid), [after[1]]);
  assert.notEqual(after[1], before);
  assert.equal(await app.page.url(), project.url("/cart/7?size=m#total"));
});

test("ten fast Refreshes leave one server", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  await app.shown();
  await app.press(...Array(10).fill("ctrl+shift+r"));
  const log = () => app.user.read(project, ".tauri-log");
  const isShownAfter = (words) => log().lastIndexOf("page shown: ") > log().lastIndexOf(words);
  await until("all ten were seen", () => log().match(/menu: refresh/g)?.length === 10);
  await until("one server, and its page", () => {
    const running = servers(project);
    const last = project.starts().at(-1);
    const isReady = log().lastIndexOf("ready at") > log().lastIndexOf(`spawned pid ${last}`);
    return running.length === 1 && running[0].pid === last && isReady && isShownAfter("ready at");
  });
  await until("the page", async () => (await app.page.text("h1")) === "A small project");
  const settled = project.starts().length;
  await app.press("ctrl+r");
  await until("the page is loaded again", () => log().includes("menu: reload") && isShownAfter("menu: reload"));
  assert.equal(await app.page.text("h1"), "A small project");
  assert.equal(servers(project).length, 1);
  assert.equal(project.starts().length, settled, "nothing was started later");
});

test("Reload loads the page again and leaves the server alone", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  await app.shown();
  await app.page.run("window.before = true");
  await app.press("ctrl+r");
  await app.shown(2);
  assert.equal(await app.page.run("return window.before ?? null"), null);
  assert.equal(project.starts().length, 1);
});

test("the zoom is kept across a reload and a restart", async (t) => {
  const project = await makeProject(t);
  const user = makeUser(t);
  const first = await desk.open(t, project, { user });
  await first.shown();
  const width = () => first.page.run("return innerWidth");
  const plain = await width();
  await first.press("ctrl+plus");
  const larger = await until("larger", async () => ((await width()) < plain ? width() : 0));
  await first.press("ctrl+r");
  await first.shown(2);
  assert.equal(await width(), larger, "after a reload");
  await first.press("ctrl+q");
  await first.gone();

  const second = await desk.open(t, project, { user });
  await second.shown();
  await until("as large after a restart", async () => (await second.page.run("return innerWidth")) === larger);
  await second.press("ctrl+minus");
  await until("plain again", async () => (await second.page.run("return innerWidth")) === plain);
});

/** Opens the log's window. There is no accelerator: the menu bar is opened, then its last menu, then that one's first item. */
async function showLogs(app) {
  await app.press("F10", "Left", "Down", "Return");
  const window = await app.window("shop — log");
  await until("the log's window", () => app.page.switchTo("log.html"));
  return window;
}

test("Show Logs opens the log in a window of its own", async (t) => {
  const project = await makeProject(t, { wish: { lines: Array.from({ length: 60 }, (_, n) => `line ${n}`) } });
  const app = await desk.open(t, project);
  await app.shown();
  await showLogs(app);
  await until("its lines", async () => (await app.page.text("#log")).includes("line 59"));
  await app.picture("log-light");
});

test("keys beside the menu's work in the log's window too", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  await app.shown();
  const width = () => app.page.run("return innerWidth");
  const plain = await width();
  const log = await showLogs(app);
  await pressInto(app.display, log, "ctrl+plus");
  await until("the project's page", () => app.page.switchTo(""));
  await until("larger", async () => (await width()) < plain);
});
