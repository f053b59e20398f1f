// Windows and keys, as a user at the display has them.
import { run } from "../../scripts/lib/child.mjs";
import { until } from "./wait.mjs";

/** One `xdotool` command on `display`; answers what it prints. */
export async function xdotool(display, ...args) {
  return (await run("xdotool", args, { env: { ...process.env, ...display.env } })).trim();
}

/** Waits for a visible window of the process; answers its id. */
export function findWindow(display, pid, title) {
  const args = ["search", "--all", "--onlyvisible", "--pid", String(pid), "--name", `^${title}$`];
  return until(`a window called ${title}`, async () => (await xdotool(display, ...args)).split("\n")[0]);
}

/** Presses keys into the window that has the focus, whichever that is: an open menu, for one. */
export async function pressKeys(display, ...keys) {
  await xdotool(display, "key", "--clearmodifiers", "--delay", "30", ...keys);
}

/** Gives a window the focus. */
export async function giveFocus(display, window) {
  await xdotool(display, "windowactivate", "--sync", window);
  // The window manager names it as active before the keys go there.
  await until(`window ${window} has the focus`, async () => (await xdotool(display, "getwindowfocus")) === window);
}

/** Gives a window the focus, then presses keys. */
export async function pressInto(display, window, ...keys) {
  await giveFocus(display, window);
  await pressKeys(display, ...keys);
}

/**
 * Has the window manager close a window, as the button in its title does. Of several windows: a
 * key is lost now and then while the window manager is busy with the focus of another one.
 */
export async function closeWindow(display, window) {
  await run("wmctrl", ["-i", "-c", window], { env: { ...process.env, ...display.env } });
}
