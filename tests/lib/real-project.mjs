// Real projects, copied to a temporary folder, and the package managers that run them.
import { closeSync, cpSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../../scripts/lib/child.mjs";
import { cleanUp } from "./cleanup.mjs";
import { freePort } from "./ports.mjs";
import { temporaryFolder } from "./project.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

/**
 * What is installed comes from a registry, and pages are compiled when they are asked for: how long that
 * takes is no matter of the app's.
 */
export const READY_MS = 600_000;

/**
 * Copies a folder of the repository without what was installed or built in it; its server gets a free
 * port, and as long as it needs.
 */
export async function copyProject(t, source) {
  const folder = join(temporaryFolder(t), basename(source));
  const leaveOut = ["node_modules", ".next", "dist"];
  cpSync(join(ROOT, source), folder, { recursive: true, filter: (path) => !leaveOut.includes(basename(path)) });
  const port = await freePort();
  const config = join(folder, "berth.json");
  const own = existsSync(config) ? JSON.parse(readFileSync(config, "utf8")) : {};
  writeFileSync(config, JSON.stringify({ ...own, port, readyTimeout: `${READY_MS / 1000}s` }));
  const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { folder, name, port };
}

/** Gives a user the registry settings of whoever runs the tests. */
export function useRegistry(user) {
  const file = join(homedir(), ".npmrc");
  if (existsSync(file)) cpSync(file, join(user.home, ".npmrc"));
}

/**
 * Puts a version of pnpm on the user's PATH; answers the exact version, and a function until whose call
 * pnpm does nothing, so that there is time to look.
 */
export async function usePnpm(t, user, version) {
  const folder = join(user.folder, "pnpm");
  await run("npm", ["install", ...QUIET, "--prefix", folder, `pnpm@${version}`]);
  const program = join(folder, "node_modules", ".bin", "pnpm");
  // Whoever reads from the gate waits until nobody holds it open for writing any more.
  const gate = join(user.folder, "gate");
  await run("mkfifo", [gate]);
  const holder = openSync(gate, "r+");
  let isHeld = true;
  const release = () => {
    if (!isHeld) return;
    isHeld = false;
    rmSync(gate);
    closeSync(holder);
  };
  cleanUp(t, release);
  user.command("pnpm", `if [ -p '${gate}' ]; then cat '${gate}'; fi\nexec '${program}' "$@"`);
  return { exact: (await run(program, ["--version"], { cwd: folder })).trim(), release };
}

/** Installs a project's packages with npm. */
export async function npmInstall(project) {
  await run("npm", ["install", ...QUIET], { cwd: project.folder });
}
