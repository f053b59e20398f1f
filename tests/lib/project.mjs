// Small projects whose server does what a test asks for.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { cleanUp } from "./cleanup.mjs";
import { freePort } from "./ports.mjs";
import { isHeld } from "./processes.mjs";
import { until } from "./wait.mjs";

const SERVER = fileURLToPath(new URL("../fixtures/server.mjs", import.meta.url));

/** A folder that is removed after the test. */
export function temporaryFolder(t) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "berth-test-")));
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/**
 * A project on a free port.
 *
 * wish     what its server does, see `fixtures/server.mjs`
 * npm      run by `npm run dev`; else by node, which starts ten times as fast
 * config   more keys for its `berth.json`
 */
export async function makeProject(t, { name = "shop", wish = {}, npm = false, config = {}, port } = {}) {
  const folder = join(temporaryFolder(t), name);
  mkdirSync(folder);
  const project = new Project(folder, name, port ?? (await freePort()));
  project.write("package.json", { name, private: true, scripts: { dev: "node server.mjs" } });
  const command = npm ? {} : { command: ["node", "server.mjs"] };
  project.write("berth.json", { ...command, port: project.port, ...config });
  project.wish(wish);
  copyFileSync(SERVER, join(folder, "server.mjs"));
  return project;
}

class Project {
  constructor(folder, name, port) {
    Object.assign(this, { folder, name, port });
  }

  /** The address of a page, as the window has it. */
  url(route = "/") {
    return `http://localhost:${this.port}${route}`;
  }

  path(file) {
    return join(this.folder, file);
  }

  write(file, content) {
    writeFileSync(this.path(file), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }

  remove(file) {
    rmSync(this.path(file), { recursive: true, force: true });
  }

  /** What the server does from its next start on. */
  wish(wish) {
    this.write("wish.json", wish);
  }

  /** Lets a server that is mute or late go on. */
  release() {
    this.write("released", "");
  }

  /** Pids of all servers so far, in their order. */
  starts() {
    return this.#records("starts.jsonl").map(({ pid }) => pid);
  }

  /** Every request so far as `{ held, url, webview }`; whoever is `held` waits until the server is released. */
  requests() {
    return this.#records("requests.jsonl");
  }

  /** Has the server that runs now end with `code`, from outside the window. */
  async die(code) {
    await fetch(`http://127.0.0.1:${this.port}/die?code=${code}`);
  }

  /** Has the server that runs now close its port, and run on. */
  async close() {
    await fetch(`http://127.0.0.1:${this.port}/close`);
    await until("nobody listens", () => !isHeld(this.port));
  }

  #records(file) {
    if (!existsSync(this.path(file))) return [];
    return readFileSync(this.path(file), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }
}
