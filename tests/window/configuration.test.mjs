// Every key of berth.json, and what it does to a project that is really started.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { freePort } from "../lib/ports.mjs";
import { makeProject } from "../lib/project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();

test("every key at once: name, script, packageManager, port, path, env, logDir, readyTimeout", async (t) => {
  const project = await makeProject(t, { npm: true, wish: { mute: true } });
  // It writes down what it was given, and then serves.
  project.write("note.mjs", `
    import { writeFileSync } from "node:fs";
    const { HARBOUR, PORT, npm_lifecycle_event, npm_config_user_agent } = process.env;
    writeFileSync("given.json", JSON.stringify({ HARBOUR, PORT, npm_lifecycle_event, npm_config_user_agent }));
  `);
  project.write("package.json", {
    name: "shop",
    private: true,
    packageManager: "yarn@4.9.2",
    scripts: { dev: "exit 1", harbour: "node --import ./note.mjs server.mjs" },
  });
  const port = await freePort();
  project.write("berth.json", {
    $schema: "https://example.invalid/never-read.json",
    name: "The Harbour",
    script: "harbour",
    packageManager: "npm",
    port,
    path: "/orders?open=1",
    env: { HARBOUR: "north" },
    logDir: "logs",
    readyTimeout: "10m",
  });
  project.port = port;
  const app = await desk.open(t, project);
  await until("the name on the launch page", async () => (await app.page.text("#project")) === "The Harbour");
  project.release();
  await app.shown();
  assert.equal(await app.page.url(), project.url("/orders?open=1"));
  assert.ok(await app.window("The Harbour"), "the window's title");
  const given = JSON.parse(readFileSync(project.path("given.json"), "utf8"));
  assert.match(given.npm_config_user_agent, /^npm\//);
  delete given.npm_config_user_agent;
  assert.deepEqual(given, { HARBOUR: "north", PORT: String(port), npm_lifecycle_event: "harbour" });
  assert.match(readFileSync(project.path("logs/.tauri-log"), "utf8"), /page shown/);
});

test("a command as one line of a terminal, with {port}; and the command line wins over the file", async (t) => {
  const project = await makeProject(t);
  project.write("berth.json", { command: "PORT={port} exec node server.mjs", port: await freePort(), path: "/from-the-file" });
  const args = ["--port", String(project.port), "--path", "/from-the-command-line", "--log-dir", "elsewhere"];
  const app = await desk.open(t, project, { user: makeUser(t), args });
  await app.shown();
  assert.equal(await app.page.url(), project.url("/from-the-command-line"));
  const serving = `serving on ${project.port}`;
  await until("its log", () => readFileSync(project.path("elsewhere/.tauri-sidecar-log"), "utf8").includes(serving));
});
