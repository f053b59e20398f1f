// The bundled example, as its user has it: run by pnpm, from nothing installed to an empty process table.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { isHeld } from "../lib/processes.mjs";
import { copyProject, usePnpm, useRegistry } from "../lib/real-project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const INSTALL_MS = 120_000;
/** Waits on the launch page for a step. The page itself sees it, however soon the next one comes. */
const STEP_COMES = `
  const step = document.getElementById("step");
  await new Promise((resolve) => {
    const look = () => step.textContent === args[0] && resolve();
    new MutationObserver(look).observe(step, { childList: true, characterData: true, subtree: true });
    look();
  });
  return true;`;
const desk = useDesk();

for (const [wanted, major] of [["10", /^10\./], ["latest", /^(1[1-9]|[2-9]\d)\./]]) {
  test(`the Vite example is installed and run by pnpm ${wanted}, refreshed, and leaves nothing`, async (t) => {
    const user = makeUser(t);
    useRegistry(user);
    assert.match(await usePnpm(user, wanted), major);
    const project = await copyProject(t, "examples/vite-app");
    // What newer ones do by themselves, pnpm 10 does when it is asked to.
    if (wanted === "10") appendFileSync(join(project.folder, "pnpm-workspace.yaml"), "verifyDepsBeforeRun: install\n");

    const app = await desk.open(t, project, { user });
    const installs = () => app.page.runAsync(STEP_COMES, "Installing packages");
    await until(() => `the install is told of; it printed: ${app.output}`, async () => (await installs()) === true, INSTALL_MS);
    await app.shown(1, INSTALL_MS);
    assert.equal(await app.page.url(), `http://localhost:${project.port}/`);
    await until("React has drawn it", () => app.page.text("#root h1"));
    await app.picture(`vite-pnpm-${wanted}`);

    await app.page.run("history.pushState({}, '', '/about')");
    await app.press("ctrl+shift+r");
    await app.shown(2);
    assert.equal(await app.page.run("return location.pathname"), "/about");

    const family = app.family();
    await app.press("alt+F4");
    await app.gone({ family });
    assert.ok(!isHeld(project.port));
    assert.match(user.read(project, ".tauri-log"), /stopped after \d+ ms, nothing left/);
  });
}
