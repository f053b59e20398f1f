// `setup.sh` on machines that this one is not, made of a few fake programs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test as testHere } from "node:test";
import { fileURLToPath } from "node:url";

const setup = join(dirname(fileURLToPath(import.meta.url)), "setup.sh");
const REAL_PROGRAMS = ["bash", "cat", "env", "mktemp", "rm", "tail", "cksum", "mkdir", "chmod"];

/** A test of a made-up machine. */
const skip = process.platform === "win32" && "its machines are made of links and of scripts that may be run";
const test = (name, body) => testHere(name, { skip }, body);

let machine;

beforeEach(() => {
  if (skip) return;
  machine = mkdtempSync(join(tmpdir(), "setup-test-"));
  mkdirSync(join(machine, "bin"));
  for (const name of REAL_PROGRAMS) {
    const path = spawnSync("bash", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
    symlinkSync(path, join(machine, "bin", name));
  }
  program("uname", "echo Linux");
});
afterEach(() => {
  if (machine) rmSync(machine, { recursive: true });
});

/** Puts a program on the machine. */
function program(name, body, folder = "bin") {
  const file = join(machine, folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/usr/bin/env bash\n${body}\n`);
  chmodSync(file, 0o755);
}

/** A Debian where the packages in `installed` are there; apt notes its calls. */
function debian(...installed) {
  program("dpkg-query", `case " ${installed.join(" ")} " in *" $4 "*) printf installed ;; *) exit 1 ;; esac`);
  program("apt-get", `echo "$@" >>"${machine}/apt"`);
}

function call(commands) {
  const { status, stdout, stderr } = spawnSync(join(machine, "bin/bash"), ["-c", `set -euo pipefail; source ${setup}; ${commands}`], {
    env: { PATH: join(machine, "bin"), HOME: join(machine, "home") },
    encoding: "utf8",
  });
  return { status, out: stdout + stderr };
}

const notes = (name) => (existsSync(join(machine, name)) ? readFileSync(join(machine, name), "utf8") : "");

test("installs only what is missing and says why", () => {
  debian("build-essential", "pkg-config", "libgtk-3-dev");
  program("sudo", 'exec "$@"');
  const { status, out } = call("ensure_packages build");
  assert.equal(status, 0, out);
  assert.match(out, /^Needed: libwebkit2gtk-4\.1-dev - the web view that shows the project\.$/m);
  assert.doesNotMatch(out, /build-essential/);
  assert.match(notes("apt"), /install -y --no-install-recommends libwebkit2gtk-4\.1-dev\n$/);
});

test("touches nothing when all is there", () => {
  debian("build-essential", "pkg-config", "libgtk-3-dev", "libwebkit2gtk-4.1-dev");
  assert.deepEqual(call("ensure_packages build"), { status: 0, out: "" });
  assert.equal(notes("apt"), "");
});

test("a failing apt is an error that shows its words", () => {
  debian();
  program("sudo", 'exec "$@"');
  program("apt-get", 'for word; do [[ $word == install ]] && echo "E: disk full" && exit 100; done; exit 0');
  const { status, out } = call("ensure_packages build");
  assert.equal(status, 1);
  assert.match(out, /E: disk full\nerror: installing .*libgtk-3-dev failed/);
});

test("another distribution is told what it needs", () => {
  const { status, out } = call("ensure_packages build");
  assert.equal(status, 1);
  assert.match(out, /error: this is no Debian: install what your system calls .*libwebkit2gtk-4\.1-dev/);
});

test("another distribution that has the libraries goes on", () => {
  program("pkg-config", "exit 0");
  assert.equal(call("ensure_packages build").status, 0);
});

test("a pnpm that runs is left alone", () => {
  program("pnpm", "echo 10.0.0");
  assert.deepEqual(call("ensure_pnpm"), { status: 0, out: "" });
});

test("a pnpm that crashes is replaced, in the home folder if need be", () => {
  program("pnpm", "exit 1");
  // A global folder that does not exist is not writable, for root neither.
  program("npm", `[[ $1 == prefix ]] && echo /nowhere && exit
    echo "$@" >"${machine}/npm"; mkdir -p "$HOME/.local/bin"
    printf '#!/usr/bin/env bash\\necho 12.0.0\\n' >"$HOME/.local/bin/pnpm"; chmod +x "$HOME/.local/bin/pnpm"`);
  const { status, out } = call('ensure_pnpm; echo "now: $(command -v pnpm)"');
  assert.equal(status, 0, out);
  assert.match(notes("npm"), /install --global --prefix .*\/home\/\.local .*pnpm@12/);
  assert.match(out, /^Installing pnpm into .*: runs the dev server\.$/m);
  assert.match(out, /^now: .*\/home\/\.local\/bin\/pnpm$/m);
});

test("on Windows npm's own folder is the one of its programs, by bash's name for it", () => {
  program("uname", "echo MINGW64_NT-10.0-26100");
  program("cygpath", `[[ $* == "--unix C:/npm" ]] && echo "${machine}/npm-folder"`);
  mkdirSync(join(machine, "npm-folder"));
  symlinkSync(join(machine, "npm-folder"), join(machine, "C:"));
  mkdirSync(join(machine, "npm-folder/npm"));
  program("npm", `[[ $1 == prefix ]] && echo C:/npm && exit
    echo "$@" >"${machine}/npm"; printf '#!/usr/bin/env bash\necho 12.0.0\n' >"${machine}/npm-folder/pnpm"
    chmod +x "${machine}/npm-folder/pnpm"`);
  const { status, out } = call(`cd ${machine}; ensure_pnpm; echo "now: $(command -v pnpm)"`);
  assert.equal(status, 0, out);
  assert.match(notes("npm"), /^install --global --loglevel/);
  assert.match(out, /^now: .*\/npm-folder\/pnpm$/m);
});

test("npm packages are fetched once, and again when the lock changes", () => {
  program("pnpm", `mkdir -p node_modules; echo "$@" >>"${machine}/pnpm"`);
  const project = join(machine, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), "{}");
  writeFileSync(join(project, "pnpm-lock.yaml"), "a");
  call(`ensure_npm_packages ${project}; ensure_npm_packages ${project}`);
  assert.equal(notes("pnpm"), "install --frozen-lockfile\n");
  writeFileSync(join(project, "pnpm-lock.yaml"), "b");
  call(`ensure_npm_packages ${project}`);
  assert.equal(notes("pnpm"), "install --frozen-lockfile\n".repeat(2));
});

test("a failed fetch is tried again the next time", () => {
  program("pnpm", "mkdir -p node_modules; exit 1");
  writeFileSync(join(machine, "package.json"), "{}");
  assert.equal(call(`ensure_npm_packages ${machine}`).status, 1);
  assert.equal(existsSync(join(machine, "node_modules/.installed-from")), false);
});

test("no Rust is an error that says where to get it", () => {
  const { status, out } = call("ensure_rust");
  assert.equal(status, 1);
  assert.match(out, /error: cargo was not found/);
});
