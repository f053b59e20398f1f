// Runs the app with a project, on a virtual display if asked to, and leaves
// nothing behind. Used by `scripts/start.sh`, which has the options' story.
import { once } from "node:events";
import { basename, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { describeEnd, groupGone, isRunning, onNpmGone, start, stop } from "./child.mjs";
import { saveScreenshot, startDisplay } from "./display.mjs";

/** Berth itself gives a project two minutes and then says why it failed. */
const DEFAULT_TIMEOUT_S = 150;
/** Longer than Berth's own grace for the project's server. */
const GRACE_MS = 15_000;
/** The page is loaded when the app says so; painting it takes a few frames. */
const PAINT_MS = 500;
const DRAIN_MS = 500;
/** WebKit's processes outlive the app by some milliseconds, and see by themselves that it is gone. */
const STRAGGLERS_MS = 15_000;
const LAST_LINES = 40;

const { values: options } = parseArgs({
  options: {
    binary: { type: "string" },
    project: { type: "string" },
    "exit-when-ready": { type: "boolean", default: false },
    trust: { type: "boolean", default: false },
    "virtual-display": { type: "boolean", default: false },
  },
});
const project = resolve(options.project);
const timeoutS = Number(process.env.BERTH_START_TIMEOUT ?? DEFAULT_TIMEOUT_S);

const interrupted = new Promise((interrupt) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => interrupt({ interrupted: signal }));
  }
  onNpmGone(() => interrupt({ interrupted: "the end of npm" }));
});

// A closed terminal or pipe must not end this script before the app is ended.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", () => {});
}

// Not by running out of work: a stray process may hold the app's output open.
process.exit(await main());

async function main() {
  let display;
  try {
    if (options["virtual-display"]) {
      display = await startDisplay();
      console.log(`There is no display: using a virtual one, ${display.name}.`);
    }
    return await showProject(display);
  } catch (error) {
    console.error(`error: ${error.message}`);
    return 1;
  } finally {
    await display?.stop();
  }
}

/** Answers the exit code. */
async function showProject(display) {
  const app = await startApp(display);
  try {
    const first = await Promise.race([app.pageShown, app.ended, interrupted, timeLimit()]);
    if (first.interrupted) return await stopApp(app);
    if (first.late) {
      await reportLastLines(app, `the page was not shown within ${timeoutS} s`);
      return 1;
    }
    if (!first.url && !first.trouble) {
      // A person may close the window whenever they like.
      if (first.code === 0 && !isUnwatched()) return 0;
      await reportLastLines(app, `the app ${describeEnd(first)} before the page was shown`);
      return 1;
    }
    if (display) {
      // What failed may be known before there is a window to show it in.
      if (first.trouble) await Promise.race([app.troubleShown, app.ended, interrupted, timeLimit()]);
      await takeScreenshot(display);
    }
    if (options["exit-when-ready"]) {
      const code = await stopApp(app);
      return first.trouble ? 1 : code;
    }
    // A trouble page has buttons, and stays for whoever sees it.
    const end = await Promise.race([app.ended, interrupted]);
    if (end.interrupted) return await stopApp(app);
    console.log(`The app ${describeEnd(end)}.`);
    return end.code ?? 1;
  } finally {
    // Whatever threw above: never leave the app behind.
    if (isRunning(app)) await stop(app, GRACE_MS);
    // One that is just being started would complain of a display that is gone.
    if (display) await groupGone(app.pid, STRAGGLERS_MS);
  }
}

async function startApp(display) {
  const app = await start(resolve(options.binary), options.trust ? [project, "--trust"] : [project], {
    env: { ...process.env, ...display?.env },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl+C must reach the app once, from here: a second signal forces it.
    detached: true,
  });
  app.lastLines = [];
  app.closed = once(app, "close");
  app.troubleShown = new Promise((shown) => {
    createInterface({ input: app.stdout }).on("line", (line) => line === "trouble shown" && shown());
  });
  app.pageShown = new Promise((shown) => {
    for (const [stream, out] of [[app.stdout, process.stdout], [app.stderr, process.stderr]]) {
      createInterface({ input: stream }).on("line", (line) => {
        out.write(`${line}\n`);
        app.lastLines.push(line);
        if (app.lastLines.length > LAST_LINES) app.lastLines.shift();
        const url = /^page shown: (\S+)/.exec(line)?.[1];
        if (url) shown({ url });
        else if (line.startsWith("trouble: ")) shown({ trouble: line });
      });
    }
  });
  return app;
}

async function takeScreenshot(display) {
  const name = basename(project).replace(/[^\w.-]/g, "_") || "root";
  const file = resolve("artifacts", `start-${name}.png`);
  await sleep(PAINT_MS);
  await saveScreenshot(display, file);
  console.log(`Screenshot: ${file}`);
}

/** Answers 0 only if the app ended well by itself. */
async function stopApp(app) {
  const end = await stop(app, GRACE_MS);
  if (end.forced) {
    console.error(`error: the app did not end within ${GRACE_MS / 1000} s of being asked to, and was killed`);
    return 1;
  }
  if (end.code !== 0) {
    console.error(`error: asked to end, the app ${describeEnd(end)}`);
    return 1;
  }
  return 0;
}

/** Nobody sees the window, so nobody can press Retry or give up. */
function isUnwatched() {
  return options["virtual-display"] || options["exit-when-ready"];
}

function timeLimit() {
  return isUnwatched() ? sleep(timeoutS * 1000, { late: true }, { ref: false }) : new Promise(() => {});
}

async function reportLastLines(app, what) {
  // What an ended app wrote last may still be in the pipe.
  if (!isRunning(app)) await Promise.race([app.closed, sleep(DRAIN_MS)]);
  console.error(`error: ${what}`);
  if (app.lastLines.length > 0) {
    console.error(`The app's last lines:\n${app.lastLines.map((line) => `  ${line}`).join("\n")}`);
  }
}
