// A display where there is none: Xvfb, a session bus, and a window manager if
// asked for. Each is ended by its pid.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describeEnd, isRunning, run, start, stop } from "./child.mjs";

const SIZE = "1280x800x24";
/** Within a window that stands in the corner, below its menu. */
const MIDDLE = "560x300+40+80";
const START_MS = 30_000;
const WAIT_EVERY_MS = 40;
/** One that is ended by force leaves its lock behind: on a busy machine it gets its time. */
const GRACE_MS = 15_000;

/**
 * Starts a virtual display. Answers `{ name, env, pause, stop }`: `env` is to be
 * merged into the environment of whoever is to be seen there; after `pause()` the
 * display answers nobody until the function is called that it answers.
 */
export async function startDisplay({ windowManager = false } = {}) {
  const started = [];
  const stopAll = async () => {
    for (const child of started.reverse()) {
      await stop(child, GRACE_MS);
    }
  };
  try {
    // `-displayfd` has the server pick a free number and say it once it serves. `-r`: it repeats no
    // key by itself, as it would for a key that a busy machine lets go late. `-noreset`: it does not begin
    // anew when whoever asked it something goes, with nobody else there yet.
    const args = ["-displayfd", "3", "-screen", "0", SIZE, "-nolisten", "tcp", "-r", "-noreset"];
    const server = await launch(started, "Xvfb", args);
    const name = `:${await firstLine(server, "Xvfb")}`;
    const env = { DISPLAY: name, GDK_BACKEND: "x11", WAYLAND_DISPLAY: undefined };
    if (!process.env.DBUS_SESSION_BUS_ADDRESS) {
      const bus = await launch(started, "dbus-daemon", ["--session", "--nofork", "--nopidfile", "--print-address=3"]);
      env.DBUS_SESSION_BUS_ADDRESS = await firstLine(bus, "dbus-daemon");
    }
    if (windowManager) {
      const manager = await launch(started, "openbox", ["--sm-disable"], { ...process.env, ...env });
      await managed(manager, { ...process.env, ...env });
    }
    const pause = () => {
      server.kill("SIGSTOP");
      return () => server.kill("SIGCONT");
    };
    return { name, env, pause, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/**
 * Saves what `display` shows as a PNG, once there is something to see in its middle: a page that
 * is loaded is painted some frames later, and on a busy machine that takes its time.
 */
export async function saveScreenshot(display, file) {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.part.png`;
  const env = { ...process.env, ...display.env };
  const deadline = Date.now() + 10_000;
  for (;;) {
    await run("import", ["-silent", "-window", "root", draft], { env });
    const colours = Number(await run("identify", ["-format", "%k", `${draft}[${MIDDLE}]`]));
    if (colours > 1 || Date.now() > deadline) break;
    await sleep(100);
  }
  await rename(draft, file);
}

/** A session of its own keeps the terminal's Ctrl+C away: we end it, in order. */
async function launch(started, command, args, env = process.env) {
  const stdio = ["ignore", "ignore", "ignore", "pipe"];
  const child = await start(command, args, { stdio, env, detached: true });
  started.push(child);
  return child;
}

/** Waits until windows are managed: one that comes earlier may go without a frame and the focus. */
async function managed(manager, env) {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const refusal = await run("wmctrl", ["-m"], { env }).then(() => undefined, (error) => error);
    if (!refusal) return;
    if (!isRunning(manager)) throw new Error(`openbox ${describeEnd(await manager.ended)}`);
    if (Date.now() > deadline) throw new Error(`openbox does not manage windows after ${START_MS} ms: ${refusal.message}`);
    await sleep(WAIT_EVERY_MS);
  }
}

/** The first line on descriptor 3, which says that the process is ready. */
async function firstLine(child, name) {
  const lines = createInterface({ input: child.stdio[3] });
  const limit = AbortSignal.timeout(START_MS);
  const line = await Promise.race([
    once(lines, "line", { signal: limit }).then(([text]) => text),
    child.ended.then((end) => Promise.reject(new Error(`${name} ${describeEnd(end)}`))),
  ]);
  lines.close();
  return line;
}
