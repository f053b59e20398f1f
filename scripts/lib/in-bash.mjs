#!/usr/bin/env node
// Runs one of this repository's scripts in bash: `node scripts/lib/in-bash.mjs SCRIPT ARG…`
//
// npm gives its commands to `sh`, and on Windows to `cmd.exe`, where `bash` may be missing or mean
// Linux in a virtual machine. Git for Windows brings the one that is meant.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { win32 } from "node:path";
import { fileURLToPath } from "node:url";

/** Asked of this process by somebody else than a terminal, which asks the script by itself. */
const ASKING = ["SIGTERM", "SIGHUP"];

/**
 * The bash to use, or nothing where there is none.
 *
 * @param {{ platform: string, env: Record<string, string | undefined>, gitFolder: () => string,
 *   exists: (path: string) => boolean }} machine
 */
export function findBash({ platform, env, gitFolder, exists }) {
  if (platform !== "win32") return "bash";
  // `C:/Program Files/Git/mingw64/libexec/git-core` is what Git calls its folder.
  const git = gitFolder().trim();
  const roots = [
    git && win32.resolve(git, "../../.."),
    env.ProgramFiles && win32.join(env.ProgramFiles, "Git"),
    env.LOCALAPPDATA && win32.join(env.LOCALAPPDATA, "Programs", "Git"),
  ];
  const files = roots.filter(Boolean).map((root) => win32.join(root, "bin", "bash.exe"));
  return files.find(exists);
}

function run(words) {
  const bash = findBash({
    platform: process.platform,
    env: process.env,
    gitFolder: () => spawnSync("git", ["--exec-path"], { encoding: "utf8" }).stdout ?? "",
    exists: existsSync,
  });
  if (!bash) {
    console.error(
      `${words[0]} is a script for bash, and none was found beside Git. Install Git for Windows ` +
        "(https://gitforwindows.org), which brings one.",
    );
    process.exit(1);
  }
  // Before there is a script, which would be left alone by a signal that ends this process.
  // A terminal interrupts both: how the script ends is for the script to say.
  process.on("SIGINT", () => {});
  for (const signal of ASKING) process.on(signal, () => child.kill(signal));
  const child = spawn(bash, words, { stdio: "inherit" });
  child.on("error", (error) => {
    console.error(`${bash} cannot be started: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) run(process.argv.slice(2));
