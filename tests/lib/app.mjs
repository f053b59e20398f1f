// The release binary, started as a user starts it, or by the WebDriver.
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { isRunning, sendSignal, start, stop } from "../../scripts/lib/child.mjs";
import { saveScreenshot } from "../../scripts/lib/display.mjs";
import { cleanUp } from "./cleanup.mjs";
import { allGone, descendants, lives, processes, program, withVariable } from "./processes.mjs";
import { until } from "./wait.mjs";
import { drive } from "./webdriver.mjs";
import { closeWindow, findWindow, pressInto, pressKeys, xdotool } from "./xdotool.mjs";

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
/** What is tested. */
export const BINARY = `${target}/release/berth`;
const PICTURES = fileURLToPath(new URL("../../artifacts/window/", import.meta.url));

/** The driver starts the app and outlives it. The kernel cuts names to fifteen characters. */
const isDriver = ({ name }) => name === "WebKitWebDriver";

/** The app's grace for its server, five seconds, and what a loaded machine may take besides. */
export const GONE_MS = 30_000;

/**
 * Opens a project on the display.
 *
 * user     whose home it is
 * driven   by the WebDriver: `app.page` looks into the page
 * terminal from a terminal of its own, whose window is `app.child`
 * trust    the project's code may run without a question
 * args     more arguments
 * env      more variables; undefined removes one
 */
export async function openApp(t, display, project, { user, terminal = false, driven = !terminal, trust = true, args = [], env = {} }) {
  // Everything that the app starts inherits it: so it is found again, whoever its parent is.
  const token = randomUUID();
  const argv = [project.folder, ...(trust ? ["--trust"] : []), ...args];
  const options = {
    cwd: user.home,
    env: { ...user.env, ...display.env, BERTH_TEST: token, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  };
  const started = driven ? await drive(BINARY, argv, options) : { child: await startPlain(argv, options, terminal) };
  // Below the driver, or below what plays the terminal, it is a process of its own.
  const isBelow = driven || terminal;
  const find = () => processes().find(({ pid, ppid }) => ppid === started.child.pid && program(pid) === BINARY);
  const self = isBelow
    ? await until("the app runs", find)
    : processes().find(({ pid }) => pid === started.child.pid);
  const app = new App({ ...started, self, pid: self?.pid ?? started.child.pid, display, project, user, mark: `BERTH_TEST=${token}` });
  cleanUp(t, () => app.end());
  return app;
}

/** `script` plays the terminal: it holds the other side, and hands on what is printed. */
function startPlain(argv, options, terminal) {
  if (!terminal) return start(BINARY, argv, options);
  const line = [BINARY, ...argv].map((word) => `'${word}'`).join(" ");
  // Its shell gives way to the app, which is thus the leader of the terminal's session.
  return start("script", ["--quiet", "--return", "--command", `exec ${line}`, "/dev/null"], {
    ...options,
    env: { ...options.env, SHELL: "/bin/sh", TERM: "xterm" },
  });
}

class App {
  #output = [];
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

  /** Waits until the project's page was shown `times` times. */
  shown(times = 1, ms) {
    const count = () => this.#output.filter((line) => line.startsWith("page shown: ")).length;
    return until(() => `the page was shown ${times} times; it printed: ${this.output}`, () => count() >= times, ms);
  }

  /** Waits until this trouble has come `times` times, and its page is there. */
  async trouble(code, times = 1, ms) {
    // The page is asked when it is there: one that is on its way out may never answer.
    await until(
      () => `trouble ${code} is shown, for the ${times}. time; it printed: ${this.output}`,
      () => {
        const told = this.#output.flatMap((line, n) => (line.startsWith(`trouble: ${code}: `) ? [n] : []));
        return told.length >= times && this.#output.lastIndexOf("trouble shown") > told[times - 1];
      },
      ms,
    );
    await until(`the page of trouble ${code}`, () => this.page.text("body[data-view=trouble] h1"));
  }

  /** The window's id, by its title. */
  window(title = this.project.name) {
    return findWindow(this.display, this.pid, title);
  }

  /** Presses keys as a user does: into the window that has the focus. */
  async press(...keys) {
    await pressInto(this.display, await this.window(), ...keys);
  }

  /** Closes the window, which need not be the only one on the display. */
  async close() {
    await closeWindow(this.display, await this.window());
  }

  /** Presses keys without asking for the focus: an open menu has it. */
  async keys(...keys) {
    await pressKeys(this.display, ...keys);
  }

  /** Whether this window has the focus. */
  async isActive() {
    return (await xdotool(this.display, "getactivewindow")) === (await this.window());
  }

  /** Everything that belongs to the app now: itself, its descendants, and whoever left its family. */
  family() {
    const all = [this.self, ...descendants(this.pid), ...withVariable(this.mark)];
    return [...new Map(all.map((one) => [one.pid, one])).values()].filter((one) => one && !isDriver(one));
  }

  /** Whether a process was started by this app, however far away it is by now. */
  isOf(process) {
    return withVariable(this.mark).some(({ pid }) => pid === process.pid);
  }

  /** Waits until nothing of it is left. `spared` are pids that may live on. */
  async gone({ family = this.family(), spared = [], ports = [this.project.port], ms = GONE_MS } = {}) {
    await allGone(family.filter(({ pid }) => !spared.includes(pid)), ports, ms);
  }

  /** How the app ended; for one that was not driven. */
  ended() {
    return this.child.ended;
  }

  /** Saves what the display shows. */
  async picture(name) {
    // What a script has just changed reaches the screen some frames later.
    const frames = "for (let n = 0; n < 10; n++) await new Promise(requestAnimationFrame)";
    await this.page?.runAsync(frames).catch(() => {}); // The page may be replaced meanwhile.
    await saveScreenshot(this.display, `${PICTURES}${name}.png`);
  }

  /** Ends it if it still runs, and insists that nothing is left of it. */
  async end({ ports } = {}) {
    if (this.#over) return;
    this.#over = true;
    const family = this.family();
    const running = this.self && lives(this.self);
    if (running) sendSignal(this.pid, "SIGTERM");
    try {
      await this.gone({ family, ports });
    } finally {
      for (const { pid } of family.filter(lives)) sendSignal(pid, "SIGKILL");
      if (isRunning(this.child)) await stop(this.child, 2_000);
    }
  }
}
