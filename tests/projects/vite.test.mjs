// The bundled example, as its user has it: run by pnpm, from nothing installed to an empty process table.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { isHeld } from "../lib/processes.mjs";
import { copyProject, READY_MS, usePnpm, useRegistry } from "../lib/real-project.mjs";
import { makeUser } from "../lib/user.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();

for (const [wanted, major] of [["10", /^10\./], ["latest", /^(1[1-9]|[2-9]\d)\./]]) {
  test(`the Vite example is installed and run by pnpm ${wanted}, refreshed, and leaves nothing`, async (t) => {
    const user = makeUser(t);
    useRegistry(user);
    const { exact, release } = await usePnpm(t, user, wanted);
    assert.match(exact, major);
    const project = await copyProject(t, "examples/vite-app");
    // What newer ones do by themselves, pnpm 10 does when it is asked to.
    if (wanted === "10") appendFileSync(join(project.folder, "pnpm-workspace.yaml"), "verifyDepsBeforeRun: install\n");

    const app = await desk.open(t, project, { user });
    const installs = async () => (await app.page.text("#step")) === "Installing packages";
    await until(() => `the install is told of; it printed: ${app.output}`, installs);
    release();
    await app.shown(1, READY_MS);
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
