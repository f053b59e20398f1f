// Real projects, copied to a temporary folder, and the package managers that run them.
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../../scripts/lib/child.mjs";
import { freePort } from "./ports.mjs";
import { temporaryFolder } from "./project.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

/** Copies a folder of the repository without what was installed or built in it; its server gets a free port. */
export async function copyProject(t, source) {
  const folder = join(temporaryFolder(t), basename(source));
  const leaveOut = ["node_modules", ".next", "dist"];
  cpSync(join(ROOT, source), folder, { recursive: true, filter: (path) => !leaveOut.includes(basename(path)) });
  const port = await freePort();
  const config = join(folder, "berth.json");
  const own = existsSync(config) ? JSON.parse(readFileSync(config, "utf8")) : {};
  writeFileSync(config, JSON.stringify({ ...own, port }));
  const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { folder, name, port };
}

/** Gives a user the registry settings of whoever runs the tests. */
export function useRegistry(user) {
  const file = join(homedir(), ".npmrc");
  if (existsSync(file)) cpSync(file, join(user.home, ".npmrc"));
}

/** Puts a version of pnpm on the user's PATH; answers the exact version. */
export async function usePnpm(user, version) {
  const folder = join(user.folder, "pnpm");
  await run("npm", ["install", ...QUIET, "--prefix", folder, `pnpm@${version}`]);
  const program = join(folder, "node_modules", ".bin", "pnpm");
  user.command("pnpm", `exec '${program}' "$@"`);
  return (await run(program, ["--version"], { cwd: folder })).trim();
}

/** Installs a project's packages with npm. */
export async function npmInstall(project) {
  await run("npm", ["install", ...QUIET], { cwd: project.folder });
}
