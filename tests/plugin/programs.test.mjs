// What an app's sidecars are found by, and who else sees them.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { run } from "../../scripts/lib/child.mjs";
import { built, good, startFakeApp } from "../lib/fake-app.mjs";
import { cleanUp } from "../lib/cleanup.mjs";
import { useDesk } from "../lib/desk.mjs";
import { commandLine, program } from "../lib/processes.mjs";

const desk = useDesk();
const open = (t, options) => startFakeApp(t, desk.display, options);

function folder(t) {
  const folder = mkdtempSync(join(tmpdir(), "plugin-"));
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function script(path, text) {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

test("a bundled program is the one beside the app, whatever the PATH holds", async (t) => {
  const bin = folder(t);
  script(join(bin, "fake-sidecar"), "exec sleep 600");
  const app = await open(t, { env: { PATH: `${bin}:${process.env.PATH}` } });
  const [sidecar] = app.sidecars();
  assert.equal(program(sidecar.pid), built("fake-sidecar"));
});

test("an app from the desktop finds what only the login shell's PATH has, and waits for the shell", async (t) => {
  const home = folder(t);
  const bin = join(home, "only-here");
  mkdirSync(bin);
  script(join(bin, "users-tool"), "sleep 600 & wait");
  // A login shell's start-up file, which takes its time.
  writeFileSync(join(home, ".profile"), `sleep 0.3; PATH="${bin}:$PATH"; export PATH\n`);
  const env = { HOME: home, SHELL: "/bin/sh" };
  const app = await open(t, { sidecars: { tool: { name: "users-tool" } }, env });
  const [tool] = app.sidecars();
  assert.equal(program(tool.pid), realpathSync("/bin/sh"));
  assert.deepEqual(commandLine(tool).slice(1), [join(bin, "users-tool")]);
  assert.equal(app.all("failed").length, 0);
});

test("an app that does not want it does not ask the shell", async (t) => {
  const home = folder(t);
  const asked = join(home, "asked");
  const shell = join(home, "sh");
  script(shell, `echo asked >${asked}; exec /bin/sh "$@"`);
  const app = await open(t, { args: ["--no-login-path"], env: { SHELL: shell } });
  await app.paints();
  await assert.rejects(run("cat", [asked]));
});

test("`sidecar ps` sees the fleet of a running app", async (t) => {
  const app = await open(t, { sidecars: { web: good, db: good } });
  const listed = JSON.parse(await run(built("sidecar"), ["ps", "--json"]));
  for (const id of ["web", "db"]) {
    const { pid } = app.all("spawned", { sidecar: id })[0];
    const row = listed.find((row) => row.pid === pid);
    assert.ok(row, `${id} is in ${JSON.stringify(listed)}`);
    const { app_id, sidecar, host, phase, protection } = row;
    const expected = { app_id: "dev.berth.fake-app", sidecar: id, host: app.pid, phase: "ready", protection: "guardian" };
    assert.deepEqual({ app_id, sidecar, host, phase, protection }, expected);
  }
});
