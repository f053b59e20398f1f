// An example's own binary, started by the WebDriver or as a user starts it.
import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { isRunning, sendSignal, start, stop } from "../../scripts/lib/child.mjs";
import { saveScreenshot } from "../../scripts/lib/display.mjs";
import { cleanUp } from "./cleanup.mjs";
import { allGone, lives, processes, program, withVariable } from "./processes.mjs";
import { makeUser } from "./user.mjs";
import { until } from "./wait.mjs";
import { drive } from "./webdriver.mjs";
import { closeWindow, findWindow, pressInto, xdotool } from "./xdotool.mjs";

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../artifacts/examples/", import.meta.url));
/** The longest grace of an example's sidecars, and what a loaded machine may take besides. */
const GONE_MS = 30_000;
/** The driver starts the app and outlives it. The kernel cuts names to fifteen characters. */
const isDriver = ({ name }) => name === "WebKitWebDriver";

/**
 * Opens an example on the display.
 *
 * user    whose home it is; the same one again finds what it has left there
 * driven  by the WebDriver: `app.page` looks into the page
 * env     more variables; undefined removes one
 */
export function openExample(t, display, name, options = {}) {
  return openBinary(t, display, `${target}/debug/example-${name}`, { name: `example-${name}`, ...options });
}

/** The same for any app, with arguments. */
export async function openBinary(t, display, binary, options = {}) {
  const { name = basename(binary), args = [], user = makeUser(t), driven = true, env = {} } = options;
  // Everything that the app starts inherits it: so it is found again, whoever its parent is.
  const mark = `BERTH_TEST=${randomUUID()}`;
  const place = {
    cwd: user.home,
    env: { ...user.env, ...display.env, BERTH_TEST: mark.split("=")[1], ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  };
  const started = driven ? await drive(binary, args, place) : { child: await start(binary, args, place) };
  const self = await until(`${name} runs`, () =>
    driven
      ? processes().find(({ pid, ppid }) => ppid === started.child.pid && program(pid) === binary)
      : processes().find(({ pid }) => pid === started.child.pid),
  );
  const app = new Example({ ...started, name, self, pid: self.pid, display, user, mark });
  cleanUp(t, () => app.end());
  return app;
}

class Example {
  #output = [];
  #seen = new Map();
  #over = false;

  constructor(fields) {
    Object.assign(this, fields);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#output.push(line));
    }
  }

  /** What it has printed. */
  get output() {
    return this.#output.join("\n");
  }

  /** Everything that runs of it now: itself, its descendants, and whoever left its family. */
  family() {
    const all = withVariable(this.mark).filter((process) => !isDriver(process));
    // A sidecar may wipe its environment: whom it has named once is followed by its parent too.
    const pids = new Set(all.map(({ pid }) => pid));
    const children = processes().filter(({ pid, ppid }) => pids.has(ppid) && !pids.has(pid));
    for (const one of [...all, ...children].filter(lives)) this.#seen.set(`${one.pid} ${one.started}`, one);
    return [...this.#seen.values()].filter(lives);
  }

  /** Those of the family that run `name`, as the kernel calls it. */
  running(name) {
    return this.family().filter((one) => one.name === name);
  }

  /** A window's id, by its title. */
  window(title) {
    return findWindow(this.display, this.pid, title);
  }

  /** What stands in the window's title now. */
  title(window) {
    return xdotool(this.display, "getwindowname", window);
  }

  /** Presses keys as a user does. */
  press(window, ...keys) {
    return pressInto(this.display, window, ...keys);
  }

  /** Closes a window as the button in its title does. */
  close(window) {
    return closeWindow(this.display, window);
  }

  /** Gives a window another size, in pixels, within its frame. */
  async resize(window, width, height) {
    await xdotool(this.display, "windowsize", "--sync", window, String(width), String(height));
  }

  /** Waits until nothing of it is left, and nobody holds `ports`. */
  async gone({ family = this.family(), ports = [], ms = GONE_MS } = {}) {
    await allGone(family, ports, ms);
    await until("nobody is left who was not known", () => this.family().length === 0, ms);
  }

  /** Saves what the display shows, for people to look at. */
  async picture(name) {
    // What a script has just changed reaches the screen some frames later.
    await this.page?.runAsync("for (let n = 0; n < 10; n++) await new Promise(requestAnimationFrame)");
    await saveScreenshot(this.display, `${PICTURES}${name}.png`);
  }

  /** Ends it by a signal if it still runs, and insists that nothing is left of it. */
  async end({ signal = "SIGTERM", ports = [] } = {}) {
    if (this.#over) return;
    this.#over = true;
    const family = this.family();
    if (lives(this.self)) sendSignal(this.pid, signal);
    try {
      await this.gone({ family, ports });
    } finally {
      for (const { pid } of this.family()) sendSignal(pid, "SIGKILL");
      if (isRunning(this.child)) await stop(this.child, 2_000);
    }
  }
}
