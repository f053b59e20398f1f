// A crate that is published carries all that it is built from.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const root = fileURLToPath(new URL("../..", import.meta.url));

function output(...words) {
  const ran = spawnSync("cargo", words, { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout;
}

test("no published crate includes a file that does not go with it", () => {
  const { packages } = JSON.parse(output("metadata", "--format-version=1", "--no-deps", "--locked"));
  const published = packages.filter((crate) => crate.publish === null);
  assert.ok(published.length > 2, "the engine, its plugin and the command at least");
  let included = 0;
  for (const crate of published) {
    const folder = dirname(crate.manifest_path);
    const files = output("package", "--list", "--allow-dirty", "-p", crate.name).trim().split("\n");
    for (const file of files.filter((name) => name.endsWith(".rs"))) {
      const source = readFileSync(join(folder, file), "utf8");
      for (const [, path] of source.matchAll(/(?:include(?:_str|_bytes)?!\(\s*|#\[path = )"([^"]+)"/g)) {
        included += 1;
        const wanted = relative(folder, join(folder, dirname(file), path));
        assert.ok(files.includes(wanted), `${crate.name}: ${file} includes ${path}`);
      }
    }
  }
  assert.ok(included > 0, "the schema at least");
});
