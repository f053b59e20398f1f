// A user of their own: no test sees another's settings, profiles or sockets.
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { temporaryFolder } from "./project.mjs";

const APP_ID = "dev.berth.app";

/** A home folder, the environment that goes with it, and a look at what Berth keeps there. */
export function makeUser(t) {
  const folder = temporaryFolder(t);
  const [home, data, runtime, bin] = ["home", "data", "runtime", "bin"].map((name) => join(folder, name));
  for (const path of [home, data, runtime, bin]) mkdirSync(path, { mode: 0o700 });
  const env = {
    ...process.env,
    HOME: home,
    XDG_DATA_HOME: data,
    XDG_RUNTIME_DIR: runtime,
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_CACHE_HOME: join(home, ".cache"),
    // `bin` is for commands that a test replaces; node lies where ours does.
    PATH: [bin, dirname(process.execPath), process.env.PATH].join(":"),
    // Without a login shell the app's own environment counts.
    SHELL: undefined,
    NO_AT_BRIDGE: "1",
    GTK_THEME: "Adwaita",
    npm_config_update_notifier: "false",
  };
  for (const key of Object.keys(env)) {
    if (key.startsWith("npm_lifecycle") || key === "NODE_OPTIONS" || key.startsWith("NODE_TEST")) env[key] = undefined;
  }
  return new User({ folder, home, bin, data, env });
}

class User {
  constructor(fields) {
    Object.assign(this, fields);
  }

  /** Puts a shell script on the PATH, before everything else. */
  command(name, script) {
    const file = join(this.bin, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** The folder in which Berth keeps what it knows about a project. */
  state(project) {
    const projects = join(this.data, APP_ID, "projects");
    const name = readdirSync(projects).find((entry) => entry.startsWith(`${project.name}-`));
    return join(projects, name);
  }

  /** A file of that folder, as text. */
  read(project, file) {
    return readFileSync(join(this.state(project), file), "utf8");
  }
}
