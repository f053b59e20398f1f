// Pictures in the dark, for people to look at; and that the pages follow the desktop.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { cleanUp } from "../lib/cleanup.mjs";
import { useDesk } from "../lib/desk.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();
const env = { GTK_THEME: "Adwaita:dark" };
const LINES = ["\u001b[36mreading\u001b[0m the harbour's plan", "\u001b[33mwarning:\u001b[0m no tide table", "waiting for the pilot"];
const isDark = "return matchMedia('(prefers-color-scheme: dark)').matches";

test("the question, in the dark", async (t) => {
  const app = await desk.open(t, await makeProject(t), { env, trust: false });
  await until("the question", () => app.page.text("body[data-view=ask] #question"));
  assert.equal(await app.page.run(isDark), true);
  await app.picture("question-dark");
});

test("the launch page and the project's page, in the dark", async (t) => {
  const project = await makeProject(t, { wish: { mute: true, lines: LINES } });
  const app = await desk.open(t, project, { env });
  await until("the lines", async () => (await app.page.text("#log")).includes("waiting for the pilot"));
  assert.equal(await app.page.run(isDark), true);
  await until("the elapsed time", () => app.page.text("#elapsed"));
  await app.picture("launch-dark");
  project.release();
  await app.shown();
  assert.equal(await app.page.run(isDark), true, "the project's page follows the desktop, too");
  await app.picture("page-dark");
});

test("troubles, in the dark", async (t) => {
  const exits = await makeProject(t, { wish: { exit: 3, lines: [...LINES, "Error: Cannot find module 'lighthouse'"] } });
  const first = await desk.open(t, exits, { env });
  await first.trouble("server-exited");
  await until("the lines", async () => (await first.page.text("#log")).includes("lighthouse"));
  await first.picture("trouble-server-exited-dark");
  await first.end();

  const held = await makeProject(t);
  const stranger = createServer().listen(held.port, "127.0.0.1");
  await once(stranger, "listening");
  cleanUp(t, () => stranger.close());
  const second = await desk.open(t, held, { env });
  await second.trouble("port-held");
  await second.picture("trouble-port-held-dark");
  await second.end({ ports: [] });
});

test("the log window, in the dark", async (t) => {
  const project = await makeProject(t, { wish: { exit: 3, lines: Array.from({ length: 20 }, () => LINES).flat() } });
  const app = await desk.open(t, project, { env });
  await app.trouble("server-exited");
  await app.page.click("#show-logs");
  await until("the log's window", () => app.page.switchTo("log.html"));
  await until("its lines", async () => (await app.page.text("#count")) === "60 lines");
  await app.picture("log-dark");
});

/** How many things move on the page, while its server keeps everybody waiting. */
async function moving(t, user) {
  const project = await makeProject(t, { wish: { mute: true } });
  const app = await desk.open(t, project, { user });
  await until("the launch page", () => app.page.text("body[data-view=progress] #step"));
  const count = await app.page.run("return document.getAnimations().length");
  await app.end();
  return count;
}

test("the launch page moves, but not for a user whose desktop has animations turned off", async (t) => {
  assert.equal(await moving(t, makeUser(t)), 1, "the boat");
  const still = makeUser(t);
  const folder = join(still.env.XDG_CONFIG_HOME, "gtk-3.0");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "settings.ini"), "[Settings]\ngtk-enable-animations=false\n");
  assert.equal(await moving(t, still), 0);
});
