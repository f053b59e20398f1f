// `start.sh` from the moment the app is built, with a stand-in for the app.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, test as testHere } from "node:test";
import { fileURLToPath } from "node:url";

const scripts = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const folder = mkdtempSync(join(tmpdir(), "launch-test-"));
after(() => rmSync(folder, { recursive: true }));

/** A test of a virtual display. */
const skip = process.platform === "linux" ? false : "it needs Xvfb, ImageMagick and /proc";
const test = (name, body) => testHere(name, { skip }, body);

let number = 0;

/** Runs `start.sh` without a display until it ends; `onLine` sees each line. */
async function launch({ behaviour, args = [], timeout = 60, onLine = () => {} }) {
  const report = join(folder, `report-${number++}`);
  const env = { ...process.env, FAKE_APP: behaviour, FAKE_APP_REPORT: report };
  env.BERTH_BINARY = join(scripts, "lib/fixtures/fake-app.mjs");
  env.BERTH_START_TIMEOUT = String(timeout);
  env.INIT_CWD = folder;
  delete env.DISPLAY;
  delete env.WAYLAND_DISPLAY;
  const script = spawn("bash", [join(scripts, "start.sh"), ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  for (const stream of [script.stdout, script.stderr]) {
    stream.setEncoding("utf8").on("data", (data) => {
      out += data;
      onLine(data, script);
    });
  }
  const [code] = await once(script, "close");
  const app = JSON.parse(readFileSync(report, "utf8"));
  assert.equal(existsSync(`/proc/${app.pid}`), false, "the app is left behind");
  assert.equal(existsSync(`/tmp/.X${app.display.slice(1)}-lock`), false, "the display is left behind");
  return { code, out, app };
}

test("shows a project, saves a screenshot and ends", async () => {
  const { code, out, app } = await launch({ behaviour: "shows", args: ["some project", "--exit-when-ready"] });
  assert.equal(code, 0, out);
  assert.equal(app.project, join(folder, "some project"), "relative to where the command was typed");
  assert.match(out, /There is no display: using a virtual one, :\d+\./);
  const file = /^Screenshot: (.+)$/m.exec(out)[1];
  assert.equal(readFileSync(file).subarray(1, 4).toString(), "PNG");
  rmSync(file);
});

test("waits with the screenshot until the page is painted", async () => {
  const { code, out } = await launch({ behaviour: "paints late", args: ["late", "--exit-when-ready"] });
  assert.equal(code, 0, out);
  const file = /^Screenshot: (.+)$/m.exec(out)[1];
  const colours = execFileSync("identify", ["-format", "%k", `${file}[100x100+200+150]`], { encoding: "utf8" });
  assert.ok(Number(colours) > 1, "it is not the empty screen");
  rmSync(file);
});

test("ends with 1 when the project fails, with a screenshot of the trouble", async () => {
  const { code, out } = await launch({ behaviour: "fails", args: ["trouble", "--exit-when-ready"] });
  assert.equal(code, 1, out);
  assert.match(out, /trouble shown[^]*^Screenshot: (.+)$/m);
  rmSync(/^Screenshot: (.+)$/m.exec(out)[1]);
});

test("ends the display after the last process that the app has started", async () => {
  const { code, out } = await launch({ behaviour: "straggles", args: ["straggler", "--exit-when-ready"] });
  assert.equal(code, 0, out);
  assert.match(out, /^display seen$/m);
  rmSync(/^Screenshot: (.+)$/m.exec(out)[1]);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  test(`goes on until ${signal}`, async () => {
    let signalled = false;
    const { code, out } = await launch({
      behaviour: "shows",
      args: ["interrupted"],
      onLine: (data, script) => {
        if (data.includes("Screenshot: ") && !signalled) {
          signalled = true;
          script.kill(signal);
        }
      },
    });
    assert.equal(code, 0, out);
    assert.match(out, /asked to end/, "the app was asked by SIGTERM, once");
    rmSync(/^Screenshot: (.+)$/m.exec(out)[1]);
  });
}

test("a reader that goes away keeps nothing alive", async () => {
  await launch({
    behaviour: "shows",
    args: ["/nowhere"],
    onLine: (data, script) => {
      if (!data.includes("launch page shown")) return;
      script.stdout.destroy();
      script.stderr.destroy();
      script.kill("SIGTERM");
    },
  });
});

test("says why when the page never comes", async () => {
  const { code, out } = await launch({ behaviour: "never", args: ["/nowhere"], timeout: 15 });
  assert.equal(code, 1);
  assert.match(out, /error: the page was not shown within 15 s\n/);
  assert.match(out, /The app's last lines:\n {2}launch page shown/);
});

test("says why when the app dies first", async () => {
  const { code, out } = await launch({ behaviour: "dies", args: ["/nowhere"] });
  assert.equal(code, 1);
  assert.match(out, /error: the app ended with exit code 4 before the page was shown/);
  assert.match(out, / {2}the last words/);
});

test("an app that ends badly is an error", async () => {
  const { code, out } = await launch({ behaviour: "ends badly", args: ["bad-end", "--exit-when-ready"] });
  assert.equal(code, 1);
  assert.match(out, /error: asked to end, the app ended with exit code 3/);
  rmSync(/^Screenshot: (.+)$/m.exec(out)[1]);
});
