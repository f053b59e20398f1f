// What is kept for the one who looks into it later.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();

test(".tauri-log tells the story in lines, and .tauri-sidecar-log begins anew", async (t) => {
  const project = await makeProject(t, { wish: { lines: ["the first launch"] } });
  const user = makeUser(t);
  const first = await desk.open(t, project, { user, driven: false });
  await first.shown();
  await first.press("ctrl+q");
  await first.gone();
  project.wish({ lines: ["the second launch"] });
  const second = await desk.open(t, project, { user, driven: false });
  await second.shown();

  const log = user.read(project, ".tauri-log");
  for (const line of log.trimEnd().split("\n")) assert.match(line, /^\[\d{10}\] \S/);
  const story = ["opens", "is free", "spawned pid", "ready at", "page shown", "menu: quit", "stopping", "ends with code 0", "opens"];
  let at = 0;
  for (const words of story) {
    at = log.indexOf(words, at);
    assert.notEqual(at, -1, `“${words}” has its place in\n${log}`);
    at += words.length;
  }
  // The guardian writes it, and the page needs nobody to.
  await until("the second launch's log", () => user.read(project, ".tauri-sidecar-log").includes("the second launch"));
  assert.doesNotMatch(user.read(project, ".tauri-sidecar-log"), /the first launch/);
  assert.match(user.read(project, ".tauri-sidecar-log.prev"), /the first launch/);
});

test("the project's configuration can put the logs elsewhere", async (t) => {
  const project = await makeProject(t, { config: { logDir: "logs" } });
  const app = await desk.open(t, project, { driven: false });
  await app.shown();
  assert.match(readFileSync(project.path("logs/.tauri-log"), "utf8"), /page shown/);
  await until("the server's log", () => readFileSync(project.path("logs/.tauri-sidecar-log"), "utf8").includes("serving on"));
});

test("Copy Diagnostics tells much, and no secret", async (t) => {
  const secrets = ["ghp_012345678901234567890123456789abcdef", "hunter2hunter2", "s3cr3t-in-a-url", "dG9rZW4tb2Ytc2Vzc2lvbg"];
  const lines = [
    `using ${secrets[0]}`,
    `DB_PASSWORD=${secrets[1]}`,
    `http://localhost:9/callback?token=${secrets[2]}&page=3`,
    `Authorization: Bearer ${secrets[3]}`,
  ];
  const project = await makeProject(t, {
    wish: { exit: 4, lines },
    config: { env: { API_KEY: "key-of-the-harbour-77", HARBOUR: "north" } },
  });
  const app = await desk.open(t, project);
  await app.trouble("server-exited");
  await until("the lines have arrived", async () => (await app.page.text("#log")).includes("Authorization"));
  const text = await app.page.runAsync("return window.__TAURI_INTERNALS__.invoke('copy_diagnostics')");
  assert.equal(typeof text, "string", JSON.stringify(text));
  for (const secret of [...secrets, "key-of-the-harbour-77"]) assert.ok(!text.includes(secret), `${secret} is in\n${text}`);
  assert.ok(!text.includes(app.user.home), "the home folder is written as ~");
  for (const words of ["Berth ", "Protection: Guardian", "ended with code 4", "using ", "page=3"]) {
    assert.ok(text.includes(words), `“${words}” is not in\n${text}`);
  }
  // It says so for two seconds, which a busy machine may miss: the page itself sees it.
  await app.page.run(`
    const button = document.getElementById("copy-diagnostics");
    const look = () => (window.saidCopied ||= button.textContent === "Copied");
    new MutationObserver(look).observe(button, { childList: true, characterData: true, subtree: true });`);
  await app.page.click("#copy-diagnostics");
  await until("the button says so", () => app.page.run("return window.saidCopied"));
});
