// The engine's programs, with the events that they print as promises.
import { createInterface } from "node:readline";
import { join } from "node:path";

import { binary } from "./machine.mjs";

/** `sidecar run --json` in a scope, with state files of its own. */
export function runSidecar(scope, options, command) {
  const child = scope.spawn(binary("sidecar"), ["run", "--json", ...options, "--", ...command], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, XDG_STATE_HOME: join(scope.folder, "state") },
  });
  return { child, pid: child.pid, ...listen(child) };
}

/**
 * A host with `count` sidecars of one kind. It takes orders, one a line, on its
 * stdin.
 */
export function runHost(scope, count, options, command) {
  const words = ["--state-dir", join(scope.folder, "state"), "--count", String(count), ...options, "--", ...command];
  const child = scope.spawn(binary("fake-host"), words, { stdio: ["pipe", "pipe", "inherit"] });
  return { child, pid: child.pid, order: (word) => child.stdin.write(`${word}\n`), ...listen(child) };
}

/**
 * `event(name, is)` resolves with the first event of that name of which `is`
 * holds; an end without it is an error that shows what came last.
 */
function listen(child) {
  const seen = [];
  const waiting = new Set();
  const closed = new Promise((resolve) => child.once("close", resolve));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line);
    seen.push(event);
    for (const wait of waiting) if (wait.wants(event)) wait.resolve(event);
  });
  const event = (name, is = () => true) =>
    new Promise((resolve, reject) => {
      const wants = (each) => each.event === name && is(each);
      const found = seen.find(wants);
      if (found) return resolve(found);
      const wait = { wants, resolve: (it) => (waiting.delete(wait), resolve(it)) };
      waiting.add(wait);
      closed.then(() => reject(new Error(`no ${name} event: ${JSON.stringify(seen.slice(-10))}`)));
    });
  return { seen, event, closed };
}
