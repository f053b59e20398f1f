// The stages of `npm test`, in their order.
//
// name      what the heading says
// command   run in the repository's root, without stdin
// counts    whose closing lines tell the numbers of tests (count-tests.mjs);
//           without it the stage is one test
// needs     a stage that must have passed for this one to make sense
// display   run on a virtual display with a window manager
// minutes   longest time it may take
// linux     it needs what only Linux has: a virtual display and WebKitWebDriver, /proc, Wine
import { existsSync, readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";

/** The programs of this workspace that `tests/plugin` runs. */
const PLUGIN_TESTS_RUN = "--bin fake-app --bin fake-sidecar --bin sidecar";

/** Every system exports the same names, and only Linux has a use for each. */
const LINTS = process.platform === "linux" ? "-D warnings" : "-D warnings -A dead_code";

const hasNextest = spawnSync("cargo", ["nextest", "--version"]).status === 0;

export const stages = [
  { name: "Pages build", command: "bash scripts/build.sh --pages-only" },
  { name: "Rust format", command: "cargo fmt --all --check" },
  {
    name: "Rust lints",
    needs: "Pages build",
    command: `cargo clippy --workspace --all-targets -- ${LINTS}`,
    minutes: 30,
  },
  ...typescriptProjects().map((folder) => ({
    name: `TypeScript check of ${folder}`,
    command: `pnpm exec tsc --noEmit --project ${folder}`,
  })),
  // Among them that what is built and packed is what is wanted: api-iife.js, the tarball's files.
  { name: "TypeScript API tests", command: "pnpm run test:api", counts: "vitest" },
  { name: "Page tests", command: "pnpm run test:ui", counts: "vitest" },
  // One of them has the engine documented, for which its crates may have to be fetched and compiled.
  { name: "Script tests", command: nodeTests("scripts/lib"), counts: "node", minutes: 30 },
  hasNextest
    ? {
        name: "Rust tests",
        needs: "Pages build",
        command: "cargo nextest run --workspace --no-fail-fast",
        counts: "nextest",
        minutes: 40,
      }
    : {
        name: "Rust tests",
        needs: "Pages build",
        command: "cargo test --workspace --no-fail-fast --lib --bins --tests",
        counts: "cargo",
        minutes: 40,
      },
  {
    name: "Rust examples in the docs",
    needs: "Pages build",
    command: "cargo test --workspace --no-fail-fast --doc",
    counts: "cargo",
    minutes: 30,
    mayBeEmpty: true,
  },
  {
    // `tauri dev` asks for the app alone, whose dependencies have fewer features than the
    // workspace's: Tauri and what stands on it are built a second time.
    name: "Development build",
    command: nodeTests("tests/dev"),
    counts: "node",
    display: true,
    linux: true,
    minutes: 30,
  },
  {
    // Berth and a test are named too, for what they bring along: features, and libraries that are
    // built otherwise where only build scripts use them. So all is there already from the Rust tests.
    name: "Examples build",
    needs: "Pages build",
    command: `cargo build --workspace --bin berth --bin 'example-*' ${PLUGIN_TESTS_RUN} --test config_json`,
    minutes: 30,
  },
  {
    name: "Plugin tests",
    needs: "Examples build",
    command: nodeTests("tests/plugin"),
    counts: "node",
    linux: true,
    minutes: 15,
  },
  {
    name: "Examples",
    needs: "Examples build",
    command: nodeTests("tests/examples"),
    counts: "node",
    display: true,
    linux: true,
    minutes: 15,
  },
  {
    name: "Windows and macOS check",
    command: "bash scripts/cross-check.sh",
    counts: "cargo",
    linux: true,
    minutes: 60,
  },
  { name: "Release build", command: "bash scripts/build.sh", minutes: 40 },
  {
    name: "Window tests",
    needs: "Release build",
    command: nodeTests("tests/window"),
    counts: "node",
    display: true,
    linux: true,
    minutes: 30,
  },
  {
    name: "Real projects",
    needs: "Release build",
    command: nodeTests("tests/projects"),
    counts: "node",
    display: true,
    linux: true,
    minutes: 30,
  },
];

/** Node's test runner on a folder; one file at a time, as they share a machine. */
function nodeTests(folder) {
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).map((name) => `${folder}/${name}`)
    : [];
  if (files.length === 0) return `echo "no ${folder}/*.test.mjs"; false`;
  return `node --test --test-reporter=spec --test-concurrency=1 ${files.sort().join(" ")}`;
}

/** The folders with a `tsconfig.json` of their own. */
function typescriptProjects() {
  const crates = readdirSync("crates").map((name) => `crates/${name}`);
  return [".", ...crates, "examples"].filter((folder) => existsSync(`${folder}/tsconfig.json`));
}
