// `sidecar run --json`, with its events as promises.
import { createInterface } from "node:readline";
import { join } from "node:path";

import { binary } from "./machine.mjs";

/**
 * Starts it in a scope with state files of its own. `event(name)` resolves with
 * the first event of that name; an end without it is an error that shows all.
 */
export function runSidecar(scope, options, command) {
  const child = scope.spawn(binary("sidecar"), ["run", "--json", ...options, "--", ...command], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, XDG_STATE_HOME: join(scope.folder, "state") },
  });
  const seen = [];
  const waiting = [];
  const closed = new Promise((resolve) => child.once("close", resolve));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line);
    seen.push(event);
    for (const wait of waiting.filter(({ name }) => name === event.event)) wait.resolve(event);
  });
  const event = (name) =>
    new Promise((resolve, reject) => {
      const found = seen.find((each) => each.event === name);
      if (found) return resolve(found);
      waiting.push({ name, resolve });
      closed.then(() => reject(new Error(`no ${name} event: ${JSON.stringify(seen)}`)));
    });
  return { child, pid: child.pid, seen, event, closed };
}
