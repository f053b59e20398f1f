// The Rust version that the crates ask for: each of them says it, and nothing that they stand on asks
// for a later one. That their own code keeps to it is what clippy sees to (`incompatible_msrv`, which
// reads the same line of Cargo.toml), whatever version it is run by.
import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "./child.mjs";

const numbers = (version) => version.split(".").map(Number);
const isLater = (one, other) => {
  const [left, right] = [numbers(one), numbers(other)];
  const at = left.findIndex((number, n) => number !== (right[n] ?? 0));
  return at >= 0 && left[at] > (right[at] ?? 0);
};

const metadata = JSON.parse(await run("cargo", ["metadata", "--format-version", "1", "--locked"]));
const members = metadata.packages.filter(({ id }) => metadata.workspace_members.includes(id));
const declared = members.find(({ name }) => name === "sidecar-lifecycle").rust_version;

test("every crate of the workspace says which Rust it needs, and all say the same", () => {
  assert.match(declared, /^1\.\d+/);
  const others = members.filter(({ rust_version }) => rust_version !== declared);
  assert.deepEqual(others.map(({ name, rust_version }) => `${name}: ${rust_version}`), []);
});

test("no dependency needs a later Rust", () => {
  assert.ok(isLater("1.96", "1.95.1") && isLater("1.95.1", "1.95") && !isLater("1.95", "1.95") && !isLater("1.9", "1.95"));
  const later = metadata.packages.filter(({ rust_version }) => rust_version && isLater(rust_version, declared));
  assert.deepEqual(later.map(({ name, version, rust_version }) => `${name} ${version}: ${rust_version}`), []);
});
