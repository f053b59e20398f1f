// Each thing that can fail: its page says what, shows why, and Retry mends it.
import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";

import { start, stop } from "../../scripts/lib/child.mjs";
import { cleanUp } from "../lib/cleanup.mjs";
import { useDesk } from "../lib/desk.mjs";
import { isHeld, lives, processes } from "../lib/processes.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

/** Some tries with a growing pause before each, on a loaded machine. */
const GIVEN_UP_MS = 120_000;
/** A real npm, which may have to read itself from a slow disk first. */
const INSTALL_MS = 120_000;

const desk = useDesk();
const text = (app, id) => app.page.text(`#${id}`);
const pressRetry = (app) => app.page.click('[data-action="retry"]');

/** Opens the project into trouble `code`, takes a picture, checks the words, mends it, presses Retry. */
async function failsThenMends(t, { code, sentence, evidence, project, mend, options }) {
  const app = await desk.open(t, project, options);
  await app.trouble(code);
  assert.match(await text(app, "sentence"), sentence);
  if (evidence) assert.match(await text(app, "evidence"), evidence);
  assert.notEqual(await text(app, "cause"), "");
  await app.picture(`trouble-${code}-light`);
  await mend(project);
  await pressRetry(app);
  await app.shown();
  assert.equal(await app.page.url(), project.url());
  return app;
}

test("the folder is missing", async (t) => {
  const project = await makeProject(t);
  renameSync(project.folder, `${project.folder}-moved`);
  await failsThenMends(t, {
    project,
    code: "folder-missing",
    sentence: /shop does not exist\.$/,
    mend: () => renameSync(`${project.folder}-moved`, project.folder),
  });
});

test("there is no package.json", async (t) => {
  const project = await makeProject(t, { npm: true });
  project.remove("package.json");
  await failsThenMends(t, {
    project,
    code: "no-package-json",
    sentence: /shop has no package\.json\.$/,
    mend: () => project.write("package.json", { name: "shop", scripts: { dev: "node server.mjs" } }),
  });
});

test("there is no dev script", async (t) => {
  const project = await makeProject(t, { npm: true });
  project.write("package.json", { name: "shop", scripts: { serve: "node server.mjs" } });
  const app = await failsThenMends(t, {
    project,
    code: "no-dev-script",
    sentence: /has no script “dev”/,
    mend: () => project.write("berth.json", { script: "serve", port: project.port }),
  });
  assert.equal(project.starts().length, 1);
  await app.press("ctrl+q");
});

test("berth.json has a mistake: the key and the line are named", async (t) => {
  const project = await makeProject(t);
  const good = { command: ["node", "server.mjs"], port: project.port };
  project.write("berth.json", `{\n  "prot": ${project.port}\n}\n`);
  await failsThenMends(t, {
    project,
    code: "bad-config",
    sentence: /berth\.json has a mistake in it/,
    evidence: /berth\.json, line 2, key `prot`: .*did you mean `port`/,
    mend: () => project.write("berth.json", good),
  });
});

test("the tool is not found: the page says where it was looked for", async (t) => {
  const project = await makeProject(t, { config: { command: ["lighthouse-keeper", "server.mjs"] } });
  const user = makeUser(t);
  const empty = join(user.folder, "empty");
  mkdirSync(empty);
  await failsThenMends(t, {
    project,
    code: "tool-not-found",
    sentence: /^lighthouse-keeper was not found\.$/,
    evidence: new RegExp(`Not in ${empty}`),
    options: { user, env: { PATH: `${empty}:${user.bin}` } },
    mend: () => symlinkSync(process.execPath, join(user.bin, "lighthouse-keeper")),
  });
});

test("a stranger holds the port: it is named, survives, and another port works", async (t) => {
  const project = await makeProject(t);
  const stranger = await start(process.execPath, ["-e", `
    require("node:net").createServer().listen(${project.port}, "127.0.0.1", () => console.log("listening"))
  `], { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
  cleanUp(t, () => stop(stranger, 1_000));
  await once(stranger.stdout, "data");
  const self = processes().find(({ pid }) => pid === stranger.pid);

  const app = await desk.open(t, project);
  await app.trouble("port-held");
  const sentence = await text(app, "sentence");
  assert.match(sentence, new RegExp(`^Port ${project.port} is held by node, pid ${stranger.pid}, started (just now|\\d+ (second|minute)s? ago) in /\\.$`));
  await app.picture("trouble-port-held-light");

  await pressRetry(app);
  // The page passes by the launch page and is built anew.
  await app.trouble("port-held", 2);
  assert.ok(lives(self), "Retry does not end the stranger");

  const offer = "return document.querySelector('[data-action^=\"use-port:\"]')?.dataset.action";
  const other = await until("another port is offered", () => app.page.run(offer));
  const port = Number(other.split(":")[1]);
  await app.page.click(`[data-action="${other}"]`);
  await app.shown();
  assert.equal(await app.page.url(), `http://localhost:${port}/`);
  assert.ok(lives(self), "nor does the other port");
  await app.press("ctrl+q");
  await until("the app is gone", () => !lives(app.self));
  assert.ok(lives(self), "nor does the end of the app");
  await stop(stranger, 1_000); // Its port counts as held until then.
});

test("the server ends before it is ready: its code and its last lines are shown", async (t) => {
  const lines = ["reading the harbour's plan", "Error: Cannot find module 'lighthouse'"];
  const project = await makeProject(t, { wish: { exit: 3, lines } });
  const app = await failsThenMends(t, {
    project,
    code: "server-exited",
    sentence: /^node server\.mjs ended with code 3 before its server was ready\.$/,
    mend: async () => project.wish({}),
  });
  assert.equal(project.starts().length, 2, "a server that was never ready is not started again by itself");
  await app.press("ctrl+q");
});

test("the packages are not installed: one button installs them and starts the server", async (t) => {
  const project = await makeProject(t, { npm: true });
  mkdirSync(project.path("pilot"));
  project.write("pilot/package.json", { name: "pilot", version: "1.0.0", main: "pilot.cjs" });
  project.write("pilot/pilot.cjs", "console.log('the pilot is aboard')");
  project.write(".npmrc", "audit=false\nfund=false\n");
  project.write("package.json", {
    name: "shop",
    private: true,
    scripts: { preinstall: "test -e pilot", dev: "node --require pilot server.mjs" },
    dependencies: { pilot: "file:./pilot" },
  });
  const app = await desk.open(t, project);
  await app.trouble("not-installed");
  assert.equal(await text(app, "sentence"), "The project’s packages are not installed.");
  await app.picture("trouble-not-installed-light");

  // It fails at first: that is said, and the button stays.
  renameSync(project.path("pilot"), project.path("elsewhere"));
  await app.page.click('[data-action="install"]');
  await app.trouble("install-failed", 1, INSTALL_MS);
  assert.match(await text(app, "sentence"), /^Installing the packages ended with code \d+\.$/);
  renameSync(project.path("elsewhere"), project.path("pilot"));
  await app.page.click('[data-action="install"]');
  await app.shown(1, INSTALL_MS);
  await until("its output is in the log", () => app.user.read(project, ".tauri-sidecar-log").includes("the pilot is aboard"));
  await app.press("ctrl+shift+r");
  await app.shown(2);
  assert.equal(project.starts().length, 2, "Refresh starts the server, not the install");
});

test("its last lines stand on the trouble page", async (t) => {
  const lines = ["reading the harbour's plan", "\u001b[31mError:\u001b[0m Cannot find module 'lighthouse'"];
  const project = await makeProject(t, { wish: { exit: 3, lines } });
  const app = await desk.open(t, project);
  await app.trouble("server-exited");
  await until("the lines", async () => (await text(app, "log")).includes("Error: Cannot find module 'lighthouse'"));
  assert.match(await text(app, "cause"), /A package is missing/);
  assert.match(await text(app, "log-path"), /\.tauri-sidecar-log$/);
});

test("the server never becomes ready", async (t) => {
  const project = await makeProject(t, { wish: { deaf: true }, config: { readyTimeout: "1s" } });
  await failsThenMends(t, {
    project,
    code: "never-ready",
    sentence: /^node server\.mjs did not become ready within 1 s\.$/,
    mend: () => {
      project.wish({});
      project.write("berth.json", { command: ["node", "server.mjs"], port: project.port });
    },
  });
});

test("a server that dies later: the trouble page, then the same route by itself", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  await app.shown();
  await app.page.run("history.pushState({}, '', '/orders/12?open=1')");
  project.wish({ late: true, lines: ["back in a moment"] });
  await project.die(7);
  await app.trouble("server-died");
  assert.match(await text(app, "sentence"), /^node server\.mjs ended with code 7 while it was in use\.$/);
  await app.picture("trouble-server-died-light");
  project.release();
  await app.shown(2);
  assert.equal(await app.page.url(), project.url("/orders/12?open=1"));
  assert.equal(project.starts().length, 2);
});

test("a page that does not come: one button tries again, another one starts the server anew", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  await app.shown();
  await app.page.run("history.pushState({}, '', '/orders/12?open=1')");
  await project.close();
  await app.press("ctrl+r");
  await app.trouble("page-missing");
  assert.equal(await text(app, "sentence"), "The server is running, but its page did not load.");
  const why = await text(app, "evidence");
  assert.match(why, /^Could not connect to localhost/);
  await app.picture("trouble-page-missing-light");
  await app.page.click('[data-action="load-again"]');
  await until("it is told once more", async () => (await text(app, "evidence")) === `${why} (2 times)`);
  project.release();
  await until("it listens again", () => isHeld(project.port));
  await app.page.click('[data-action="load-again"]');
  await app.shown(2);
  assert.equal(await app.page.url(), project.url("/orders/12?open=1"));
  const [first, ...others] = project.starts();
  assert.deepEqual(others, [], "the server was left as it is");

  rmSync(project.path("released"));
  await project.close();
  await app.press("ctrl+r");
  await app.trouble("page-missing", 3);
  assert.equal(await text(app, "evidence"), why, "it is counted anew");
  await app.page.click('[data-action="refresh"]');
  await app.shown(3);
  assert.equal(await app.page.url(), project.url("/orders/12?open=1"));
  assert.equal(project.starts().length, 2);
  assert.ok(!processes().some((process) => process.pid === first && lives(process)), "the first one has ended");
});

test("a server that ends as if it were done while it is in use: the trouble page, and Retry brings the route back", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  await app.shown();
  await app.page.run("history.pushState({}, '', '/orders/12')");
  await project.die(0);
  await app.trouble("server-died");
  assert.match(await text(app, "sentence"), /^node server\.mjs ended with code 0 while it was in use\.$/);
  assert.match(await text(app, "cause"), /Retry starts it again/);
  await pressRetry(app);
  await app.shown(2);
  assert.equal(await app.page.url(), project.url("/orders/12"));
  assert.equal(project.starts().length, 2, "nobody starts it unasked");
});

test("a server that dies again and again is given up, and Retry brings the route back", async (t) => {
  const project = await makeProject(t);
  const app = await desk.open(t, project);
  await app.shown();
  await app.page.run("history.pushState({}, '', '/orders/12')");
  project.wish({ exit: 9 });
  await project.die(9);
  await until("it is given up", () => app.user.read(project, ".tauri-log").includes("failed: "), GIVEN_UP_MS);
  await app.trouble("server-died");
  assert.ok(project.starts().length > 1, "it was tried again");
  await until("the page says so", async () => (await text(app, "cause")).includes("has stopped trying"));
  project.wish({});
  await pressRetry(app);
  await app.shown(2);
  assert.equal(await app.page.url(), project.url("/orders/12"));
});
