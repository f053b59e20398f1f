// What the figures were measured on, and with which versions.
import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";

import { versions } from "./rivals.mjs";

export function describeMachine() {
  return {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? "unknown",
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    load: loadavg()[0].toFixed(2),
    commit: ask("git", "rev-parse", "--short", "HEAD"),
    versions: {
      rustc: ask("rustc", "--version")?.split(" ")[1],
      node: process.versions.node,
      "WebKitGTK": ask("pkg-config", "--modversion", "webkit2gtk-4.1"),
      lsof: ask("dpkg-query", "-W", "-f", "${Version}", "lsof"),
      ...versions,
    },
  };
}

/** What a command says, or undefined where there is none. */
function ask(command, ...words) {
  try {
    return execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
