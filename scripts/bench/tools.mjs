// The small C programs of the benchmark, compiled when they are needed.
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { bench } from "./machine.mjs";

const sources = join(dirname(fileURLToPath(import.meta.url)), "native");
const WEBKIT = ["bare-window", "load-times.so"];

const changed = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The path of the compiled program. A failure to compile is an error with cc's own words. */
export function tool(name) {
  const source = join(sources, `${name.replace(/\.so$/, "")}.c`);
  const program = join(bench, "tools", name);
  if (changed(program) > changed(source)) return program;
  mkdirSync(dirname(program), { recursive: true });
  const flags = WEBKIT.includes(name)
    ? execFileSync("pkg-config", ["--cflags", "--libs", "webkit2gtk-4.1"], { encoding: "utf8" }).trim().split(/\s+/)
    : [];
  const shared = name.endsWith(".so") ? ["-shared", "-fPIC"] : [];
  execFileSync("cc", ["-O2", "-Wall", "-Wextra", ...shared, "-o", program, source, ...flags], { stdio: "inherit" });
  return program;
}
