// Runs an example's binary, on a virtual display if asked to, and leaves nothing behind. Used by
// `scripts/example.sh`.
import { basename, resolve } from "node:path";

import { describeEnd, isRunning, onNpmGone, start, stop } from "./child.mjs";
import { saveScreenshot, startDisplay } from "./display.mjs";

/** Longer than the grace of the examples' sidecars. */
const GRACE_MS = 15_000;

const [binary, ...options] = process.argv.slice(2);
const interrupted = new Promise((interrupt) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, interrupt);
  onNpmGone(interrupt);
});

let display;
let app;
try {
  if (options.includes("--virtual-display")) {
    display = await startDisplay();
    console.log(`There is no display: using a virtual one, ${display.name}.`);
  }
  // Ctrl+C must reach the app once, from here: a second signal forces its sidecars' end.
  app = await start(resolve(binary), [], { env: { ...process.env, ...display?.env }, stdio: "inherit", detached: true });
  const watching = Promise.race([app.ended, interrupted]);
  if (display) await Promise.race([takeScreenshot(), watching]);
  await watching;
} finally {
  if (app && isRunning(app)) await stop(app, GRACE_MS);
  await display?.stop();
}
const end = await app.ended;
console.log(`The example ${describeEnd(end)}.`);
process.exit(end.code ?? 1);

/** It is taken once there is something to see. */
async function takeScreenshot() {
  const file = resolve("artifacts", `${basename(binary)}.png`);
  await saveScreenshot(display, file);
  console.log(`Screenshot: ${file}`);
}
