// A virtual display with a window manager, for all tests of a file.
import { after, before } from "node:test";

import { startDisplay } from "../../scripts/lib/display.mjs";
import { openApp } from "./app.mjs";
import { makeUser } from "./user.mjs";

/** Starts a display before the file's tests and ends it after them. */
export function useDesk() {
  const desk = { display: undefined };
  before(async () => {
    desk.display = await startDisplay({ windowManager: true });
  });
  after(async () => {
    await desk.display?.stop();
  });
  /** Opens a project; see `openApp`. */
  desk.open = (t, project, options = {}) =>
    openApp(t, desk.display, project, { user: options.user ?? makeUser(t), ...options });
  return desk;
}
