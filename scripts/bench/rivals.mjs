// What Berth is compared with, installed below `artifacts/bench`. One that cannot
// be installed is left out, and its rows say so.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { bench } from "./machine.mjs";

/** Fixed, so that two runs of the benchmark compare with the same programs. */
const NPM = { "wait-on": "9.5.1", pm2: "7.0.4", concurrently: "10.0.7", "kill-port": "2.0.1" };
const PYTHON = { supervisor: "4.3.0" };
export const versions = { ...NPM, ...PYTHON };

const folder = join(bench, "rivals");
const pythonFolder = join(folder, "python");
/** The interpreter itself: a version manager's shim would take its time at each start. */
export const python = () => {
  const asked = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" });
  return asked.status === 0 ? asked.stdout.trim() : "python3";
};
export const pythonEnv = { ...process.env, PYTHONPATH: pythonFolder };

/** Why one is missing, by name. */
const missing = new Map();

/** Why the rival is not there, or undefined when it is. */
export const whyMissing = (name) => missing.get(name);

/**
 * The samples that `measure` takes of a rival, or why there are none. A rival
 * that fails has its row say so, and costs nobody else theirs.
 */
export async function samplesOf(name, measure) {
  const missing = whyMissing(name);
  if (missing) return { missing, samples: [] };
  try {
    return { samples: await measure() };
  } catch (error) {
    return { missing: `failed: ${error.message.split("\n")[0]}`, samples: [] };
  }
}

/** Of the npm packages: their own entry points, and the files of their commands. */
export const require = createRequire(join(folder, "package.json"));
export const inPackage = (name, file) => join(folder, "node_modules", name, file);

export function installRivals() {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ private: true })}\n`);
  for (const [name, version] of Object.entries(NPM)) {
    install(name, join(folder, "node_modules", name), "npm", [
      ...["install", "--prefix", folder, "--no-save", "--no-package-lock", "--no-fund", "--no-audit", "--loglevel=error"],
      // Named together: npm removes what is neither saved nor named.
      ...Object.entries(NPM).map(([each, its]) => `${each}@${its}`),
    ], version);
  }
  for (const [name, version] of Object.entries(PYTHON)) {
    install(name, join(pythonFolder, name), "python3", [
      ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", pythonFolder],
      `${name}==${version}`,
    ], version);
  }
}

function install(name, place, command, args, version) {
  if (existsSync(place)) return;
  console.log(`Installing ${name} ${version} to compare with.`);
  try {
    execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: 180_000 });
    if (!existsSync(place)) throw new Error("it is not where it was installed to");
  } catch (error) {
    const said = String(error.stderr ?? "").trim().split("\n").at(-1);
    missing.set(name, `not installed: ${said || error.message}`);
  }
}
