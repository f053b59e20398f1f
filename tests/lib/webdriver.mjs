// A WebDriver client for WebKitGTK: starts the driver, which starts the app.
// The protocol: https://www.w3.org/TR/webdriver2/
import { existsSync } from "node:fs";
import { join } from "node:path";

import { start, stop } from "../../scripts/lib/child.mjs";
import { freePort } from "./ports.mjs";
import { until } from "./wait.mjs";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const ANSWER_MS = 30_000;
/** Answered when the app runs and its page is there, which takes longest of all. */
const SESSION_MS = 180_000;

/** Starts `binary` under the driver. `child` is the driver: the app shares its stdout and stderr. */
export async function drive(binary, args, options) {
  const port = await freePort();
  const child = await start(onPath("WebKitWebDriver"), [`--port=${port}`], {
    ...options,
    // Tauri turns the webview's automation on by this, in release builds too.
    env: { ...options.env, TAURI_WEBVIEW_AUTOMATION: "true" },
  });
  const base = `http://127.0.0.1:${port}`;
  try {
    await until("the driver serves", () => call(`${base}/status`));
    const wanted = { "webkitgtk:browserOptions": { binary, args } };
    const { sessionId } = await call(`${base}/session`, { capabilities: { alwaysMatch: wanted } }, SESSION_MS);
    return { child, page: new Page(`${base}/session/${sessionId}`) };
  } catch (error) {
    await stop(child, 2_000);
    throw error;
  }
}

/** What the app's window shows. */
export class Page {
  #session;

  constructor(session) {
    this.#session = session;
  }

  /** Runs the body of a function in the page and answers what it returns. */
  run(script, ...args) {
    return this.#post("/execute/sync", { script, args });
  }

  /** As `run`, for a body that awaits; what it throws is answered as `{ thrown }`. */
  async runAsync(body, ...args) {
    const script = `
      const given = [...arguments], done = given.pop();
      (async (...args) => { ${body} })(...given).then(
        (value) => done({ value }),
        (e) => done({ thrown: String(e?.message ?? e) }),
      );`;
    const { value, thrown } = await this.#post("/execute/async", { script, args });
    if (thrown !== undefined) return { thrown };
    return value;
  }

  /** The address of the page. */
  url() {
    return this.run("return location.href");
  }

  /** The text of the first element that matches. */
  text(selector) {
    return this.run("return document.querySelector(arguments[0])?.textContent ?? null", selector);
  }

  /** Clicks as a user does: the element must be visible. */
  async click(selector) {
    const element = await this.#post("/element", { using: "css selector", value: selector });
    await this.#post(`/element/${element[ELEMENT]}/click`, {});
  }

  /** Types into a field as a user does. */
  async type(selector, text) {
    const element = await this.#post("/element", { using: "css selector", value: selector });
    await this.#post(`/element/${element[ELEMENT]}/value`, { text });
  }

  /**
   * Goes back in the window's history, and resolves when that page is there. A script that runs while
   * one page is put away for another may never be answered, so asking for the new one does not do.
   */
  async back() {
    await this.#post("/back", {});
  }

  /** Loads the page again as its user does, and resolves when it is there, as `back` does. */
  async reload() {
    await this.#post("/refresh", {});
  }

  /** The handles of all windows. */
  windows() {
    return call(`${this.#session}/window/handles`);
  }

  /** Sends what follows to this window. */
  async focus(handle) {
    await this.#post("/window", { handle });
  }

  /** Sends what follows to the window that shows `file`; answers false while none does. */
  async switchTo(file) {
    for (const handle of await this.windows()) {
      await this.focus(handle);
      if ((await this.url()).endsWith(`/${file}`)) return true;
    }
    return false;
  }

  #post(path, body) {
    return call(`${this.#session}${path}`, body);
  }
}

/** Found on our own PATH: the app's may be one that a test has made poor. */
function onPath(name) {
  const found = process.env.PATH.split(":").map((folder) => join(folder, name)).find(existsSync);
  if (!found) throw new Error(`${name} is not installed; on Debian it is in webkit2gtk-driver`);
  return found;
}

async function call(url, body, ms = ANSWER_MS) {
  const response = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(ms),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
