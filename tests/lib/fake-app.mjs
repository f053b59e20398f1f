// The debug build of `crates/fake-app`: an app on the plugin that is told on its stdin how to end.
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { isRunning, sendSignal, start, stop } from "../../scripts/lib/child.mjs";
import { cleanUp } from "./cleanup.mjs";
import { lives, processes, withVariable } from "./processes.mjs";
import { makeUser } from "./user.mjs";
import { until } from "./wait.mjs";
import { closeWindow, findWindow } from "./xdotool.mjs";

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
/** A program of the debug build. */
export const built = (name) => `${target}/debug/${name}`;

/** The longest grace of a test's sidecars, and what a loaded machine may take besides. */
const GONE_MS = 30_000;

/** A sidecar that ends when it is told to. */
export const good = { name: "fake-sidecar", args: ["--no-listen", "--max-life", "3m"] };
/**
 * A sidecar that is deaf, so that force has to end it, `grace` after it was asked. It listens when
 * it is deaf, and not before: one that merely runs may still be ended by the signal.
 */
export const deaf = (grace) => ({
  name: "fake-sidecar",
  args: ["--max-life", "3m", "--ignore-term"],
  port: "auto",
  healthCheck: "tcp",
  gracefulShutdownTimeout: grace,
});

/**
 * Starts the app on the display and waits until its sidecars are ready.
 *
 * sidecars  configurations as JSON, by id
 * section   what stands in `tauri.conf.json` for the plugin, with more of them
 * windows   their names
 * args      more arguments
 * env       more variables; undefined removes one
 * user      whose home it is, from an earlier launch
 */
export async function startFakeApp(t, display, options = {}) {
  const { section, windows = ["main"], args = [], env = {}, user = makeUser(t) } = options;
  const { sidecars = section ? {} : { web: good } } = options;
  // Everything that the app starts inherits it: so it is found again, whoever its parent is.
  const token = randomUUID();
  const declared = Object.entries(sidecars).flatMap(([id, config]) => ["--sidecar", `${id}=${JSON.stringify(config)}`]);
  const configured = section ? ["--section", JSON.stringify(section)] : [];
  const shown = windows.flatMap((label) => ["--window", label]);
  const child = await start(built("fake-app"), [...declared, ...configured, ...shown, ...args], {
    cwd: user.home,
    env: { ...user.env, ...display.env, FAKE_APP_TEST: token, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const app = new FakeApp({ child, display, user, mark: `FAKE_APP_TEST=${token}` });
  cleanUp(t, () => app.end());
  await app.heard("up");
  for (const id of Object.keys({ ...sidecars, ...section?.sidecars })) await app.heard("ready", { sidecar: id });
  for (const label of windows) await app.window(label);
  app.family(); // Whoever it is by now is waited for at the end.
  return app;
}

class FakeApp {
  /** What it has said, a line each. */
  lines = [];
  #errors = [];
  #seen = new Map();
  #spared = [];

  constructor(fields) {
    Object.assign(this, fields);
    createInterface({ input: this.child.stdout }).on("line", (line) => this.lines.push(JSON.parse(line)));
    createInterface({ input: this.child.stderr }).on("line", (line) => this.#errors.push(line));
    // Whoever has ended takes no orders.
    this.child.stdin.on("error", () => {});
  }

  get pid() {
    return this.child.pid;
  }

  /** What it has written to stderr. */
  get errors() {
    return this.#errors.join("\n");
  }

  /** Gives it an order. */
  order(...words) {
    this.child.stdin.write(`${words.join(" ")}\n`);
  }

  /** All that it has said of this kind, with these values. */
  all(event, values = {}) {
    const fits = (line) => Object.entries(values).every(([key, value]) => line[key] === value);
    return this.lines.filter((line) => line.event === event && fits(line));
  }

  /** Waits until it has said this `times` times; answers the last of them. */
  async heard(event, values = {}, times = 1) {
    const what = () => `${event} ${JSON.stringify(values)} × ${times}; it said ${JSON.stringify(this.lines)}\n${this.errors}`;
    const all = await until(what, () => {
      const all = this.all(event, values);
      return all.length >= times && all;
    });
    return all[times - 1];
  }

  /** Whether the main thread answers, as it has to for painting. */
  async paints() {
    const before = this.all("pong").length;
    this.order("ping");
    await this.heard("pong", {}, before + 1);
  }

  /** The window's id, by its title. */
  window(label) {
    return findWindow(this.display, this.pid, label);
  }

  /** Closes a window as the button in its title does. */
  async close(label) {
    await closeWindow(this.display, await this.window(label));
  }

  /** All that was started by the app and runs, itself included. */
  family() {
    // One that is ending has no environment to know it by any more, and is still there for a moment.
    for (const one of withVariable(this.mark)) this.#seen.set(`${one.pid} ${one.started}`, one);
    return [...this.#seen.values()].filter((one) => lives(one) && !this.#spared.includes(one.pid));
  }

  /** Expects of a process that it lives on; whoever says so sees to its end. */
  spare({ pid }) {
    this.#spared.push(pid);
  }

  /**
   * The leaders of its sidecars, by what it has said of them, as far as they live: only what stays the
   * same of a process, so that two answers can be compared.
   */
  sidecars() {
    const pids = this.all("spawned").map(({ pid }) => pid);
    const found = processes().filter((process) => pids.includes(process.pid) && lives(process));
    return found.map(({ pid, started }) => ({ pid, started }));
  }

  /** How it ended. */
  ended() {
    return this.child.ended;
  }

  /** Waits until nothing that it has started is left. */
  async gone() {
    await until(
      "nothing is left",
      () => {
        const left = this.family();
        if (left.length > 0) throw new Error(left.map(({ pid, name }) => `${name} ${pid}`).join(", "));
        return true;
      },
      GONE_MS,
    );
  }

  async end() {
    const family = this.family();
    try {
      if (isRunning(this.child)) {
        this.order("prevent none");
        await stop(this.child, 5_000);
      }
      await this.gone();
    } finally {
      for (const { pid } of family.filter(lives)) sendSignal(pid, "SIGKILL");
    }
  }
}
