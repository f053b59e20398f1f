// Builds `dist-js/`: modules and CommonJS, each with its types. One file a source file, so that a
// page's bundler takes only what the page uses.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../dist-js");
const tsc = join(dirname(fileURLToPath(import.meta.resolve("typescript/package.json"))), "bin/tsc");

rmSync(out, { recursive: true, force: true });
compile("esm");
compile("cjs", "--module", "commonjs", "--verbatimModuleSyntax", "false");
mkdirSync(join(out, "cjs"), { recursive: true });
// The package's own type is "module".
writeFileSync(join(out, "cjs/package.json"), '{ "type": "commonjs" }\n');

function compile(folder, ...options) {
  const args = [tsc, "--project", here, "--outDir", join(out, folder), ...options];
  execFileSync(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
}
