// The public items of a crate with what their documentation has, from rustdoc's JSON.
import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What has documentation of its own. Fields and variants are documented with their type. */
const KINDS = new Set([
  "module", "struct", "enum", "union", "trait", "function", "constant", "static", "type_alias",
  "assoc_const", "macro", "proc_macro",
]);

/** What rustdoc knows of a crate's library. */
export function rustdocOf(crate) {
  const flags = ["-Z", "unstable-options", "--output-format", "json"];
  const built = spawnSync("cargo", ["rustdoc", "--quiet", "--locked", "--lib", "-p", crate, "--", ...flags], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, RUSTDOC: `${root}/scripts/lib/rustdoc-json.sh` },
  });
  if (built.status !== 0) throw new Error(`cargo rustdoc failed: ${built.stderr}`);
  const target = process.env.CARGO_TARGET_DIR ?? `${root}/target`;
  return JSON.parse(readFileSync(`${target}/doc/${crate.replaceAll("-", "_")}.json`, "utf8"));
}

/** Every item that a user of the crate can name: `{path, kind, docs, answersResult}`. */
export function publicItems({ index, root }) {
  const items = new Map();
  const add = (id, path) => {
    const item = index[id];
    if (!item || items.has(item.id)) return; // Of another crate, or met under another name.
    const [kind] = Object.keys(item.inner);
    const inner = item.inner[kind];
    if (kind === "use") return inner.is_glob ? open(inner.id, path) : add(inner.id, [...path.slice(0, -1), inner.name]);
    if (!KINDS.has(kind)) return;
    const answersResult = isResult(inner.sig?.output);
    items.set(item.id, { path: path.join("::"), kind, docs: item.docs ?? "", answersResult });
    open(id, path);
  };
  const open = (id, path) => {
    const item = index[id];
    const [kind] = Object.keys(item?.inner ?? {});
    for (const member of membersOf(kind, item?.inner[kind])) {
      add(member, [...path, index[member]?.name]);
    }
  };
  const membersOf = (kind, inner) => {
    if (kind === "module" || kind === "trait") return inner.items;
    const own = (id) => index[id]?.inner.impl && !index[id].inner.impl.trait;
    const impls = (inner?.impls ?? []).filter(own);
    return impls.flatMap((id) => index[id].inner.impl.items).filter((id) => index[id]?.visibility === "public");
  };
  add(root, [index[root].name]);
  return [...items.values()];
}

/** Whether this type is a `Result`, or a future with one. */
function isResult(type) {
  if (type?.resolved_path) return /(^|::)Result$/.test(type.resolved_path.path);
  const bounds = type?.impl_trait ?? [];
  const constraints = bounds.flatMap((bound) => bound.trait_bound?.trait.args?.angle_bracketed?.constraints ?? []);
  return constraints.some(({ name, binding }) => name === "Output" && isResult(binding?.equality?.type));
}

/** What is missing in an item's documentation; `[]` if nothing is. */
export function missing({ docs, answersResult }) {
  const missed = [];
  const [first] = docs.split("\n\n");
  if (!/[.:)]$/.test(first.trim())) missed.push("a sentence");
  if (!hasExample(docs)) missed.push("an example");
  if (answersResult && !/^# Errors$/m.test(docs)) missed.push("its errors");
  return missed;
}

/** Whether a block of Rust stands there that is compiled. */
function hasExample(docs) {
  let open = false;
  for (const [, info] of docs.matchAll(/^\s*```(.*)$/gm)) {
    if (!open && /^(rust|no_run|should_panic|edition\d+|,)*$/.test(info.trim())) return true;
    open = !open;
  }
  return false;
}
