// What the project's own page may do, and where its links go.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { freePort } from "../lib/ports.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { holds, until } from "../lib/wait.mjs";

const desk = useDesk();

/** Adds a link to the page and clicks it as a user does. */
async function clickLink(app, href, attributes = {}) {
  await app.page.run(
    `document.querySelector("#link")?.remove();
     const link = Object.assign(document.createElement("a"), { id: "link", textContent: "link" }, arguments[1]);
     link.href = arguments[0];
     document.body.append(link);`,
    href,
    attributes,
  );
  await app.page.click("#link");
}

/** A user whose system opens links by writing them down. */
function userWithBrowser(t) {
  const user = makeUser(t);
  const file = join(user.folder, "opened");
  user.command("xdg-open", `printf '%s\\n' "$1" >> '${file}'`);
  user.opened = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
  return user;
}

test("the project's page has no command of Tauri, Berth or the plugin", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  await app.shown();
  const commands = [
    ["launch_snapshot"],
    ["run_action", { id: "retry" }],
    ["trust_project"],
    ["copy_diagnostics"],
    ["show_logs"],
    ["open_log_folder"],
    ["decline_project"],
    ["plugin:sidecar-lifecycle|list"],
    ["plugin:sidecar-lifecycle|stop", { id: "server" }],
    ["plugin:sidecar-lifecycle|subscribe_logs", { id: "server", sinceSeq: 0, onLines: "__CHANNEL__:1" }],
    ["plugin:event|listen", { event: "berth://launch", target: { kind: "Any" }, handler: 1 }],
    ["plugin:event|emit", { event: "berth://launch", payload: null }],
    ["plugin:window|close", { label: "main" }],
    ["plugin:webview|create_webview_window", { options: { label: "x", url: "/" } }],
    ["plugin:opener|open_url", { url: "https://example.com" }],
    ["plugin:opener|open_path", { path: "/etc/passwd" }],
    ["plugin:clipboard-manager|read_text"],
    ["plugin:resources|close", { rid: 0 }],
  ];
  for (const [name, args = {}] of commands) {
    const answer = await app.page.runAsync(
      "const { invoke } = window.__TAURI_INTERNALS__ ?? {}; return invoke ? invoke(args[0], args[1]) : Promise.reject('absent')",
      name,
      args,
    );
    assert.match(String(answer?.thrown), /not allowed|absent|not found/i, `${name}: ${JSON.stringify(answer)}`);
  }
  assert.equal(project.starts().length, 1);
  assert.equal(await app.page.text("h1"), "A small project");
});

test("a clicked link to elsewhere opens in the system's browser, and the window stays", async (t) => {
  const project = await makeProject(t);
  const user = userWithBrowser(t);
  const app = await desk.open(t, project, { user });
  await app.shown();
  const elsewhere = [
    "https://example.com/a?b=c",
    `http://localhost.example.com:${project.port}/`,
    `http://localhost:${project.port + 1}/`,
    "mailto:harbour@example.com",
  ];
  for (const [n, href] of elsewhere.entries()) {
    await clickLink(app, href);
    await until(`${href} was opened outside`, () => user.opened().length === n + 1);
  }
  await clickLink(app, "https://example.com/blank", { target: "_blank" });
  await until("a link with a target, too", () => user.opened().length === elsewhere.length + 1);
  assert.deepEqual(user.opened(), [...elsewhere, "https://example.com/blank"]);
  assert.equal(await app.page.url(), project.url());
  assert.equal((await app.page.windows()).length, 1);
});

test("links inside the project stay in the window, with and without a target", async (t) => {
  const project = await makeProject(t);
  const user = userWithBrowser(t);
  const app = await desk.open(t, project, { user });
  await app.shown();
  await clickLink(app, "/inside");
  await app.shown(2);
  assert.equal(await app.page.url(), project.url("/inside"));
  await clickLink(app, "/blank", { target: "_blank" });
  await app.shown(3);
  assert.equal(await app.page.url(), project.url("/blank"), "in the one window there is");
  assert.equal((await app.page.windows()).length, 1);
  assert.deepEqual(user.opened(), []);
});

test("iframes and redirects to other origins stay in the window", async (t) => {
  const [project, other] = [await makeProject(t), await makeProject(t, { name: "login" })];
  const user = userWithBrowser(t);
  const login = await desk.open(t, other, { user, driven: false });
  await login.shown();
  const app = await desk.open(t, project, { user });
  await app.shown();
  const loaded = await app.page.runAsync(
    `const frame = document.createElement("iframe");
     const loaded = new Promise((resolve) => frame.addEventListener("load", () => resolve("loaded")));
     frame.src = args[0];
     document.body.append(frame);
     return loaded;`,
    other.url("/frame"),
  );
  assert.equal(loaded, "loaded");
  assert.ok(other.requests().some(({ url }) => url === "/frame"));
  assert.equal(await app.page.url(), project.url());

  // As a login does: away by a redirect, and back by another.
  const back = encodeURIComponent(project.url("/welcome"));
  const away = encodeURIComponent(other.url(`/redirect?to=${back}`));
  await clickLink(app, `/redirect?to=${away}`);
  await app.shown(2);
  assert.equal(await app.page.url(), project.url("/welcome"), "back from the login");
  assert.ok(other.requests().some(({ url, webview }) => url.startsWith("/redirect") && webview));
  assert.deepEqual(user.opened(), []);
});

test("javascript: and file: addresses lead nowhere", async (t) => {
  const project = await makeProject(t);
  const user = userWithBrowser(t);
  const app = await desk.open(t, project, { user });
  await app.shown();
  await clickLink(app, "file:///etc/passwd");
  await clickLink(app, "file:///etc/passwd", { target: "_blank" });
  await clickLink(app, "javascript:document.title='bad'", { target: "_blank" });
  await app.page.run("window.open('javascript:document.title=1'); window.open('file:///etc/passwd')");
  await app.page.run("location.href = 'file:///etc/passwd'");
  await app.page.run("location.href = 'vscode://file/etc/passwd'");
  await holds(
    "the window stays where it is",
    async () => (await app.page.url()) === project.url() && (await app.page.windows()).length === 1,
    1_000,
  );
  assert.equal(await app.page.text("title"), "A small project");
  assert.deepEqual(user.opened(), []);
});

test("Berth's own pages, which have commands, are out of the project's reach", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  const refused = () => app.user.read(project, ".tauri-log").match(/refused to go to a (tauri|http): address/g)?.length ?? 0;
  const tries = [
    "location.href = 'tauri://localhost/trouble.html'",
    "document.body.append(Object.assign(document.createElement('iframe'), { src: 'tauri://localhost/index.html' }))",
    // Their address on Windows.
    "location.href = 'http://tauri.localhost/trouble.html'",
    "document.body.append(Object.assign(document.createElement('iframe'), { src: 'http://tauri.localhost/index.html' }))",
  ];
  for (const visit of [1, 2]) {
    await app.shown(visit);
    for (const attempt of tries) {
      const before = refused();
      await app.page.run(attempt);
      await until(`${attempt} is refused, visit ${visit}`, () => refused() > before);
      assert.equal(await app.page.url(), project.url());
    }
    // Berth has been there: its launch page lies behind the project's in the history.
    await app.page.run("history.go(-9); history.back()");
    await holds("the window stays", async () => (await app.page.url()) === project.url(), 500);
    if (visit === 1) await app.press("ctrl+shift+r");
  }
});

test("two projects on one port never share storage or cookies, and keep their own", async (t) => {
  const port = await freePort();
  const user = makeUser(t);
  const [shop, blog] = [await makeProject(t, { port }), await makeProject(t, { name: "blog", port })];
  const stored = "return [localStorage.getItem('who'), document.cookie]";

  const first = await desk.open(t, shop, { user });
  await first.shown();
  await first.page.run("localStorage.setItem('who', 'shop'); document.cookie = 'who=shop; max-age=9999'");
  assert.deepEqual(await first.page.run(stored), ["shop", "who=shop"]);
  await first.close();
  await first.gone();

  const second = await desk.open(t, blog, { user });
  await second.shown();
  assert.equal(await second.page.url(), shop.url(), "the very same origin");
  assert.deepEqual(await second.page.run(stored), [null, ""]);
  await second.close();
  await second.gone();

  const third = await desk.open(t, shop, { user });
  await third.shown();
  assert.deepEqual(await third.page.run(stored), ["shop", "who=shop"]);
});

test("two projects, started at once, run side by side", async (t) => {
  const user = makeUser(t);
  const [shop, blog] = [await makeProject(t), await makeProject(t, { name: "blog" })];
  // In the same instant: each window is given its project's address before its first page has come.
  const opened = [shop, blog].map((project) => desk.open(t, project, { user, driven: false }));
  const [first, second] = await Promise.all(opened);
  await Promise.all([first.shown(), second.shown()]);
  await second.close();
  await second.gone();
  const answer = await fetch(`http://127.0.0.1:${shop.port}/still-there`);
  assert.equal(answer.status, 200);
  assert.equal(shop.starts().length, 1);
});
