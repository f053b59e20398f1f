// Berth as those who work on it start it: its own pages from their dev server, and of the
// project's servers one.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

import { isRunning, sendSignal, start } from "../../scripts/lib/child.mjs";
import { cleanUp } from "../lib/cleanup.mjs";
import { useDesk } from "../lib/desk.mjs";
import { allGone, commandLine, descendants, isHeld, listenersOn, lives, withVariable } from "../lib/processes.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";
import { findWindow, pressInto } from "../lib/xdotool.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { build } = JSON.parse(readFileSync(`${ROOT}src-tauri/tauri.conf.json`, "utf8"));
const PAGES_PORT = Number(new URL(build.devUrl).port);
/** A debug build, of which the Rust tests leave a part. */
const BUILD_MS = 25 * 60_000;
const GONE_MS = 30_000;

const desk = useDesk();

const ENDINGS = [
  { name: "Ctrl+C in the terminal", end: (dev) => dev.type("\x03") },
  { name: "closing the window", end: (dev) => dev.press("alt+F4") },
];

for (const { name, end } of ENDINGS) {
  test(`\`pnpm tauri dev\` runs one server and one for its own pages; ${name} ends both`, async (t) => {
    const project = await makeProject(t);
    const dev = await openDev(t, project);
    // Berth's own page asks first: that it takes the answer shows that it came, and that it has its commands.
    await until("its own page takes the answer", async () => {
      await dev.press("Return");
      return project.starts().length > 0;
    });
    await until(() => `the project's page; it printed: ${dev.output}`, () => dev.lines.includes(`page shown: ${project.url()}`));
    assert.ok(project.requests().some(({ url, webview }) => url === "/" && webview), "the window asked for the page");

    const family = dev.family();
    const pids = (all) => all.map(({ pid }) => pid);
    assert.deepEqual(pids(listenersOn(project.port)), project.starts());
    const pages = family.filter((process) => commandLine(process).some((word) => /[\\/]vite(\.js)?$/.test(word)));
    const holders = pids(listenersOn(PAGES_PORT));
    assert.equal(holders.length, 1);
    assert.deepEqual(pids(pages), holders);

    await end(dev);
    await dev.child.ended;
    await allGone(family, [PAGES_PORT, project.port], GONE_MS);
    // Whoever came after the look above, such as what `tauri dev` ends its own with, goes too.
    await until("nobody is left who was not known", () => dev.family().length === 0, GONE_MS);
    assert.equal(project.starts().length, 1, "nothing was started a second time");
    assert.match(dev.user.read(project, ".tauri-log"), /stopped after \d+ ms, nothing left/);
  });
}

/** Starts it in a terminal of its own, and waits for the window. */
async function openDev(t, project) {
  const holders = listenersOn(PAGES_PORT).map(({ pid, name }) => `${name} (pid ${pid})`);
  assert.ok(
    !isHeld(PAGES_PORT),
    `port ${PAGES_PORT}, where \`pnpm tauri dev\` serves Berth's own pages, is held by ${holders.join(", ") || "another user's process"}: end it, then try again`,
  );
  const user = makeUser(t);
  // Whatever is started inherits it: so it is found again, whoever its parent is.
  const token = randomUUID();
  const command = `exec pnpm tauri dev -- -- '${project.folder}'`;
  // `script` plays the terminal: what it reads is typed there.
  const child = await start("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: ROOT,
    env: {
      ...user.env,
      ...desk.display.env,
      // Cargo and pnpm are the developer's own: another Rust on the PATH would build everything
      // anew. What Berth writes is the user's of the test.
      HOME: process.env.HOME,
      PATH: process.env.PATH,
      SHELL: "/bin/sh",
      TERM: "xterm",
      BERTH_TEST: token,
    },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(stripVTControlCharacters(line).trimEnd()));
  }
  const dev = {
    user,
    child,
    lines,
    get output() {
      return lines.slice(-40).join("\n");
    },
    family: () => withVariable(`BERTH_TEST=${token}`),
    type: (keys) => child.stdin.write(keys),
    press: (...keys) => pressInto(desk.display, dev.window, ...keys),
  };
  cleanUp(t, async () => {
    for (const { pid } of dev.family().filter(lives)) sendSignal(pid, "SIGKILL");
    await child.ended;
  });
  const app = () => descendants(child.pid).find(({ name }) => name === "berth");
  await until(() => `the app; it printed: ${dev.output}`, () => app() || !isRunning(child), BUILD_MS);
  assert.ok(isRunning(child), `it ended; it printed:\n${dev.output}`);
  dev.window = await findWindow(desk.display, app().pid, project.name);
  return dev;
}
