// The trees of the kill matrix under other supervisors: who is left after a
// SIGKILL of the manager, and after a stop that was asked for.
//
//   node scripts/attack/rivals.mjs PROFILE RUNS     writes artifacts/attack/rivals.json
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { inScope, until } from "../bench/machine.mjs";
import { runPm2 } from "../bench/pm2.mjs";
import { allPids, family, isAlive, killAll } from "../bench/processes.mjs";
import { inPackage, installRivals, versions, whyMissing } from "../bench/rivals.mjs";
import { runSupervisord } from "../bench/supervisord.mjs";
import { startDisplay } from "../lib/display.mjs";

const [profile = "release", runs = "3"] = process.argv.slice(2);
const target = resolve(process.env.CARGO_TARGET_DIR ?? "target");
const program = (name) => join(target, profile, name);
const recipeFile = fileURLToPath(new URL("recipe.mjs", import.meta.url));

/** Who is still there by then has been left behind. Longer than every grace here. */
const PATIENCE_MS = 4_000;

/** The same flags as in `crates/fake-host/src/attack/cell.rs`. */
const trees = {
  plain: "",
  setsid: "--setsid",
  "double fork": "--double-fork",
  "ignores TERM": "--fork 1 --ignore-term --setsid --double-fork --escapee-ignores-term",
  "fork storm": "--fork-storm --escapee-ignores-term",
  "holds stdout": "--hold-stdout",
  "closes all fds": "--setsid --double-fork --close-fds",
};

/**
 * `start` answers the manager's pid and how it is asked to stop what it runs. `rival` is installed;
 * `native` is a crate below scripts/attack/native, built as the rest is.
 */
const managers = {
  "this engine": { start: startEngine },
  "shell plugin": { native: "shell-app", start: startShellPlugin },
  "process-wrap": { native: "wrapped", start: startProcessWrap },
  supervisord: { rival: "supervisor", start: startSupervisord },
  pm2: { rival: "pm2", start: startPm2 },
  concurrently: { rival: "concurrently", start: startConcurrently },
  "the recipe": { start: startRecipe },
};

installRivals();
const display = await startDisplay();
const results = [];
for (const [manager, { rival, native, start }] of Object.entries(managers)) {
  const missing = rival ? whyMissing(rival) : native && whyNotBuilt(native);
  for (const [tree, flags] of Object.entries(trees)) {
    for (const end of ["SIGKILL", "stop"]) {
      const survivors = [];
      let failed = missing;
      for (let run = 0; run < Number(runs) && !failed; run++) {
        try {
          survivors.push(await inScope((scope) => attack(scope, start, flags, end)));
        } catch (error) {
          failed = error.message.split("\n")[0];
        }
      }
      results.push({ manager, tree, end, survivors, failed });
      console.log(`${manager}, ${tree}, ${end}: ${failed ?? survivors.join(" ")}`);
    }
  }
}
await display.stop();
mkdirSync("artifacts/attack", { recursive: true });
const told = { profile, patience_ms: PATIENCE_MS, versions, results };
writeFileSync("artifacts/attack/rivals.json", `${JSON.stringify(told, null, 2)}\n`);
process.exit(0);

async function attack(scope, start, flags, end) {
  const pidfile = join(scope.folder, "pids");
  const words = flags ? flags.split(" ") : [];
  const command = [program("fake-sidecar"), "--pidfile", pidfile, "--max-life", "1m", ...words];
  const living = () => allPids().filter((pid) => carries(pid, pidfile) && isAlive(pid));
  scope.defer(async () => {
    // One who passes himself on is not ended by one look.
    await until(() => (killAll(living()), living().length === 0), 10_000);
  });
  const manager = await start(scope, command);
  await family(pidfile);
  if (end === "SIGKILL") process.kill(manager.pid, "SIGKILL");
  else await manager.stop();
  await until(() => living().length === 0, PATIENCE_MS, 20);
  return living().length;
}

/** Whether the pidfile stands among its arguments as a sidecar's: managers have it there too. */
function carries(pid, pidfile) {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words[0].endsWith("fake-sidecar") && words.includes(pidfile);
  } catch {
    return false;
  }
}

function startEngine(scope, command) {
  const words = ["--state-dir", join(scope.folder, "state"), "--port", "auto", "--grace", "500", "--", ...command];
  return startNative(scope, "fake-host", words, process.env);
}

/** Builds the crate on the libraries that this workspace stands on; answers what went wrong. */
function whyNotBuilt(name) {
  const folder = fileURLToPath(new URL(`native/${name}`, import.meta.url));
  copyFileSync("Cargo.lock", join(folder, "Cargo.lock"));
  const flags = profile === "release" ? ["--release"] : [];
  if (name === "shell-app") flags.push("--features", "custom-protocol");
  const words = ["build", "--quiet", ...flags, "--manifest-path", join(folder, "Cargo.toml")];
  try {
    execFileSync("cargo", words, { env: { ...process.env, CARGO_TARGET_DIR: target }, stdio: "inherit" });
    return undefined;
  } catch {
    return "it could not be built";
  }
}

function startNative(scope, name, command, env) {
  const child = scope.spawn(program(name), command, { stdio: ["pipe", "ignore", "inherit"], env });
  child.stdin.on("error", () => {});
  return { pid: child.pid, stop: () => child.stdin.write("stop\n") };
}

function startProcessWrap(scope, command) {
  return startNative(scope, "wrapped", command, process.env);
}

function startShellPlugin(scope, command) {
  // A folder of its own for what its web view keeps.
  const env = { ...process.env, ...display.env, XDG_DATA_HOME: scope.folder, XDG_CACHE_HOME: scope.folder };
  return startNative(scope, "shell-app", command, env);
}

async function startSupervisord(scope, command) {
  const { pid, call } = await runSupervisord(scope, command, { stopwaitsecs: 1 });
  return { pid, stop: () => call("supervisor.stopProcess", "web") };
}

async function startPm2(scope, command) {
  const { pid, command: pm2 } = await runPm2(scope, command);
  return { pid, stop: () => pm2("stop", "web") };
}

function startConcurrently(scope, command) {
  const entry = inPackage("concurrently", "dist/bin/index.js");
  const child = scope.spawn(process.execPath, [entry, command.join(" ")]);
  return { pid: child.pid, stop: () => child.kill("SIGTERM") };
}

function startRecipe(scope, command) {
  const child = scope.spawn(process.execPath, [recipeFile, ...command]);
  return { pid: child.pid, stop: () => child.kill("SIGTERM") };
}
