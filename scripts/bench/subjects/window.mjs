// The window: app start → launch page, app start → the project's page, and the
// server's first moment → navigation. Page loads are watched from outside by
// native/load-times.c, the same way for Berth and for what stands beside it.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { startDisplay } from "../../lib/display.mjs";
import { binary, freePort, inScope, now, until } from "../machine.mjs";
import { atMost } from "../owed.mjs";
import { readOrNothing } from "../processes.mjs";
import { tool } from "../tools.mjs";

export const name = "window";
export const title = "The window";
export const about = [
  "On a virtual display with software rendering. Page loads are seen from outside the program by a preloaded library, the same way for all. The empty Tauri app (`scripts/bench/native/empty-app`) is one window with one plain page, built with the same profile and the same features of Tauri. The bare window is the least that a WebKitGTK window can be, in C; beside `pnpm dev` it goes to the server as soon as that answers. All take turns, and each ratio is of two neighbours.",
  "The project is `examples/vite-app` (Vite and React). The server of the last table is a small one that takes 2 s to start, so that the launch page is in view by then.",
];

const PAGE_LIMIT_MS = 60_000;
/** Of the server that keeps the launch page in view. */
const START_MS = 2_000;
const EXAMPLE = resolve("examples/vite-app");
const berth = process.env.BERTH_BINARY ?? binary("berth");
const emptyApp = binary("empty-app");

export async function measure({ runs }) {
  if (process.platform !== "linux") throw new Error("page loads are watched through WebKitGTK, on Linux");
  if (!existsSync(join(EXAMPLE, "node_modules"))) throw new Error("the packages of the example are not installed");
  return inScope(async (scope) => {
    const display = await startDisplay();
    // Deferred first, so undone last.
    scope.defer(() => display.stop());
    return onDisplay(scope, { ...process.env, ...display.env }, runs);
  });
}

async function onDisplay(scope, env, runs) {
  const place = prepare(scope.folder, env);
  const empty = existsSync(emptyApp) ? undefined : "the empty app is not built";
  const seen = { first: [], emptyFirst: [], bareFirst: [], project: [], bareProject: [], navigation: [], told: [], exampleTold: [] };
  // The first round fills caches and is not counted. Turn by turn: whatever
  // else the machine does meets all alike.
  for (let round = 0; round <= runs(9); round++) {
    const timed = await inScope((each) => showTimed(each, place));
    seen.first.push(timed.first);
    seen.navigation.push(timed.navigation);
    seen.told.push(timed.told);
    if (!empty) seen.emptyFirst.push(await inScope((each) => showFirst(each, place, emptyApp, [])));
    seen.bareFirst.push(await inScope((each) => showBareFirst(each, place)));
    const example = await inScope((each) => showExample(each, place));
    seen.project.push(example);
    seen.exampleTold.push(example.told);
    seen.bareProject.push(await inScope((each) => showBareExample(each, place)));
  }
  for (const all of Object.values(seen)) all.shift();
  const pick = (all, key) => all.map((sample) => sample[key]);
  return {
    tables: [
      {
        ...frame("window-first", "App start → first page loaded"),
        rows: [
          { what: "Berth: its launch page", ours: true, samples: seen.first },
          { what: "empty Tauri app", missing: empty, samples: seen.emptyFirst },
          { what: "bare WebKitGTK window", samples: seen.bareFirst },
          ratio("Berth ÷ empty Tauri app", seen.first, seen.emptyFirst, atMost({ median: 1.1 }), empty),
        ],
      },
      ...["committed", "loaded"].map((event) => ({
        ...frame(`window-project-${event}`, `App start → the project's page ${event}`),
        rows: [
          { what: "Berth", ours: true, samples: pick(seen.project, event) },
          { what: "pnpm dev beside a bare window", samples: pick(seen.bareProject, event) },
          ratio("Berth ÷ these two", pick(seen.project, event), pick(seen.bareProject, event), atMost({ median: 1.05 })),
        ],
      })),
      {
        ...frame("window-navigation", "The server answers → the window's navigation begins"),
        rows: [
          {
            what: `Berth, a start of ${START_MS / 1000} s`,
            ours: true,
            samples: seen.navigation,
            // Readiness may lag by a hundredth of the start.
            owed: atMost({ median: START_MS / 100 + 10 }),
          },
        ],
      },
      {
        ...frame("window-told", "The `ready` event → the web view is given the address"),
        rows: [
          { what: `Berth, a start of ${START_MS / 1000} s`, ours: true, samples: seen.told, owed: atMost({ median: 10 }) },
          { what: "Berth, the example", ours: true, samples: seen.exampleTold, owed: atMost({ median: 10 }) },
        ],
      },
    ],
  };
}

const frame = (id, title) => ({ id, title, unit: "ms", scale: "linear", better: "less", glance: title });

const ratio = (what, ours, theirs, owed, missing) => ({
  ...{ what, ours: true, unit: "×", owed, missing },
  samples: missing ? [] : ours.map((ms, run) => ms / theirs[run]),
});

/** Folders of its own for all that Berth, WebKit and the server keep. */
function prepare(folder, env) {
  const page = join(folder, "first.html");
  writeFileSync(page, "<!doctype html><title>first</title><p>One moment.</p>\n");
  const own = { XDG_DATA_HOME: "data", XDG_STATE_HOME: "state", XDG_CACHE_HOME: "cache", XDG_CONFIG_HOME: "config" };
  const home = Object.fromEntries(Object.entries(own).map(([name, below]) => [name, join(folder, below)]));
  return { folder, page, env: { ...env, ...home } };
}

function preload(scope, place) {
  const file = join(scope.folder, "loads");
  return { file, env: { ...place.env, LD_PRELOAD: tool("load-times.so"), LOAD_TIMES: file } };
}

/** The page loads so far: `{ at, event, url }`. */
function loads(file) {
  const lines = readOrNothing(file).split("\n").slice(0, -1);
  return lines.map((line) => {
    const [at, event, url] = line.split(" ");
    return { at: Number(at), event, url };
  });
}

const isProject = ({ url }) => /^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):\d/.test(url);

/**
 * The first page meant that was really loaded, `{ committed, loaded }`, or null.
 * A load that another took the place of is finished too, but never committed.
 */
function firstPage(all, is) {
  const from = all.findIndex((load) => load.event === "committed" && is(load));
  const end = from < 0 ? undefined : all.slice(from).find((load) => load.event === "finished" && is(load));
  return end ? { committed: all[from].at, loaded: end.at } : null;
}

/** Waits for that page and answers all loads. */
async function untilLoaded(file, is) {
  const found = await until(() => firstPage(loads(file), is), PAGE_LIMIT_MS, 10);
  if (!found) throw new Error(`no page was shown: ${readOrNothing(file)}`);
  return loads(file);
}

async function projectTimes(file, from) {
  const all = await untilLoaded(file, isProject);
  const { committed, loaded } = firstPage(all, isProject);
  return { committed: committed - from, loaded: loaded - from, told: told(all) };
}

/** From Berth's `ready` to the view's new address: what a window on its first page may add. */
function told(all) {
  const ready = all.find(({ event }) => event === "ready");
  const asked = all.find((load) => load.event === "asked" && isProject(load));
  return ready && asked.at - ready.at;
}

function startBerth(scope, place, project) {
  const { file, env } = preload(scope, place);
  const from = now();
  scope.spawn(berth, [project, "--trust"], { env });
  return { file, from };
}

function startBare(scope, place, ...more) {
  const { file, env } = preload(scope, place);
  scope.spawn(tool("bare-window"), [pathToFileURL(place.page).href, ...more], { env });
  return file;
}

async function showExample(scope, place) {
  const { file, from } = startBerth(scope, place, EXAMPLE);
  return projectTimes(file, from);
}

/** The same with nothing in between: `pnpm dev` and the bare window, side by side. */
async function showBareExample(scope, place) {
  const port = String(await freePort());
  const from = now();
  const options = { cwd: EXAMPLE, env: place.env, detached: true };
  const server = scope.spawn("pnpm", ["dev", "--port", port, "--strictPort"], options);
  scope.defer(async () => {
    // pnpm's children too; it has a group of its own.
    process.kill(-server.pid, "SIGTERM");
    await server.ended;
  });
  return projectTimes(startBare(scope, place, port), from);
}

/** Of a program that shows one page and nothing else. */
async function showFirst(scope, place, program, words) {
  const { file, env } = preload(scope, place);
  const from = now();
  scope.spawn(program, words, { env });
  return firstPage(await untilLoaded(file, () => true), () => true).loaded - from;
}

const showBareFirst = (scope, place) => showFirst(scope, place, tool("bare-window"), [pathToFileURL(place.page).href]);

/**
 * A project whose server takes its time, so that the launch page is seen, and
 * writes down its first moment.
 */
async function showTimed(scope, place) {
  const project = join(place.folder, "timed");
  const moment = join(scope.folder, "answers-from");
  mkdirSync(project, { recursive: true });
  const command = [tool("timed-server"), "{port}", String(START_MS), moment];
  writeFileSync(join(project, "package.json"), `${JSON.stringify({ name: "timed" })}\n`);
  writeFileSync(join(project, "berth.json"), JSON.stringify({ command, port: await freePort() }));
  const { file, from } = startBerth(scope, place, project);
  const all = await untilLoaded(file, isProject);
  const committed = all.findIndex((load) => load.event === "committed" && isProject(load));
  // The address of a load that only begins may still be the one before.
  const began = all.slice(0, committed).findLast(({ event }) => event === "started");
  const answers = Number(readOrNothing(moment));
  return {
    first: (firstPage(all, (load) => !isProject(load))?.loaded ?? NaN) - from,
    navigation: began.at - answers,
    told: told(all),
  };
}
