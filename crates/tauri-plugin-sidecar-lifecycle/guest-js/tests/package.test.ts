// @vitest-environment node
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildIife } from "../iife.mjs";

const root = resolve(import.meta.dirname, "../..");
const NAME = "tauri-plugin-sidecar-lifecycle-api";
const EXPORTS = ["Sidecar", "SidecarError", "SidecarLifecycle"];
/** What compiles or builds takes seconds, and on a busy machine many of them. */
const BUILD_MS = 60_000;
const FUNCTIONS = [
  ..."ensureRunning start stop restart roll getStatus list metrics".split(" "),
  ..."onCrash onEvent onHealthy onLog onOutput onStateChange".split(" "),
].sort();

/** A folder of an app that has installed the packed package. */
let app: string;
let packed: string[];
const tsc = join(dirname(fileURLToPath(import.meta.resolve("typescript/package.json"))), "bin/tsc");

const run = (program: string, args: string[], cwd: string) =>
  execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** On Windows npm is a batch file, which Node starts by a shell alone; its program lies beside Node's. */
const npm = (args: string[], cwd: string) =>
  process.platform === "win32"
    ? run(process.execPath, [join(dirname(process.execPath), "node_modules/npm/bin/npm-cli.js"), ...args], cwd)
    : run("npm", args, cwd);

/** Type-checks files of the app; answers what the compiler says. */
function check(files: Record<string, string>, options: string[]): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(app, name), text);
  const args = ["--noEmit", "--strict", "--target", "es2022", "--types", "", ...options, ...Object.keys(files)];
  try {
    return run(process.execPath, [tsc, ...args], app);
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

beforeAll(() => {
  app = realpathSync(mkdtempSync(join(tmpdir(), "sidecar-lifecycle-api-")));
  const [report] = JSON.parse(npm(["pack", "--json", "--pack-destination", app], root).replace(/^[^[]*/, ""));
  packed = report.files.map(({ path }: { path: string }) => path).sort();
  const installed = join(app, "node_modules", NAME);
  mkdirSync(installed, { recursive: true });
  // By names without a drive: GNU's tar takes `C:` for a machine.
  run("tar", ["-xzf", report.filename, "-C", `node_modules/${NAME}`, "--strip-components=1"], app);
  mkdirSync(join(app, "node_modules/@tauri-apps"));
  const api = realpathSync(join(root, "node_modules/@tauri-apps/api"));
  symlinkSync(api, join(app, "node_modules/@tauri-apps/api"), "junction"); // Windows lets everybody make these.
}, BUILD_MS);

afterAll(() => rmSync(app, { recursive: true, force: true }));

describe("the packed package", () => {
  it("holds exactly what is wanted", () => {
    const modules = "callback error events index ipc lifecycle log output page sidecar stdin types".split(" ");
    const built = [...modules, "bindings/engine", "bindings/plugin"].flatMap((name) =>
      ["esm", "cjs"].flatMap((kind) => [`dist-js/${kind}/${name}.js`, `dist-js/${kind}/${name}.d.ts`]),
    );
    const beside = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "dist-js/cjs/package.json", "package.json"];
    expect(packed).toEqual([...built, ...beside].sort());
  });

  it("has the version of the crate, and the project's licences", () => {
    const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const workspace = readFileSync(join(root, "../../Cargo.toml"), "utf8");
    expect(version).toBe(/^version = "(.*)"$/m.exec(workspace)?.[1]);
    expect(license).toBe(/^license = "(.*)"$/m.exec(workspace)?.[1]);
    for (const file of ["LICENSE-APACHE", "LICENSE-MIT"]) {
      expect(readFileSync(join(root, file), "utf8"), file).toBe(readFileSync(join(root, "../..", file), "utf8"));
    }
  });

  it.each([
    ["import", "main.mjs", `import * as api from "${NAME}";`],
    ["require", "main.cjs", `const api = require("${NAME}");`],
  ])("is there by %s", (_, file, line) => {
    const tell = "console.log(JSON.stringify([Object.keys(api), Object.keys(api.SidecarLifecycle)]));";
    writeFileSync(join(app, file), `${line}\n${tell}\n`);
    const [names, functions] = JSON.parse(run(process.execPath, [file], app));
    expect([names.sort(), functions.sort()]).toEqual([EXPORTS, FUNCTIONS]);
  });

  it("has types for both, which are held to", () => {
    const use = `
      SidecarLifecycle.onCrash("web", ({ exit_code }) => { const code: number | null = exit_code; void code; });
      // @ts-expect-error a sidecar's id is a text
      SidecarLifecycle.start(7);
    `;
    const files = {
      "use.mts": `import { SidecarLifecycle } from "${NAME}";${use}`,
      "use.cts": `import api = require("${NAME}");\nconst { SidecarLifecycle } = api;${use}`,
    };
    expect(check(files, ["--module", "nodenext", "--lib", "es2022,dom"])).toBe("");
  }, BUILD_MS);
});

describe("the documentation", () => {
  const declarations = () =>
    packed.filter((path) => /^dist-js\/esm\/.*\.d\.ts$/.test(path)).map((path) => [path, readFileSync(join(app, "node_modules", NAME, path), "utf8")] as const);

  it("shows each export by an example", () => {
    const internal = /^dist-js\/esm\/(ipc|page|stdin)\.d\.ts$|\b(guarded|once|toSidecarError|onRunOutput)\b/;
    let shown = 0;
    for (const [path, text] of declarations()) {
      // Each export that is declared here, or method of a class, with the comment above it.
      for (const [, comment, head] of text.matchAll(/(\/\*\*(?:(?!\*\/)[^])*\*\/\s+)?(export [^;{=(]*|^ {4}(?:static )?\w+\()/gm)) {
        if (/^export (type )?(\*(?! as)|$)/.test(head!.trim() + " ")) continue; // Handed on from another file.
        if (internal.test(path) || internal.test(head!) || /constructor\(/.test(head!)) continue;
        if (/metrics\b/.test(head!) && comment === undefined) continue; // Its second form.
        expect(comment ?? "", `${path}: ${head}`).toContain("@example");
        shown += 1;
      }
    }
    expect(shown).toBeGreaterThan(40);
  });

  it("has examples that compile", () => {
    const documents = [join(root, "README.md"), join(root, "../../docs/migration.md")];
    const written = documents.map((file) => readFileSync(file, "utf8")).join("\n");
    const commented = declarations().flatMap(([, text]) => [...text.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code!.replace(/^ *\* ?/gm, "")));
    const plain = [...written.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code!);
    const examples = [...new Set([...commented, ...plain])];
    expect(examples.length).toBeGreaterThan(40);
    const files = Object.fromEntries(examples.map((code, i) => [`example-${i}.mts`, code]));
    // What an example leaves to its page.
    const page = `
      declare const view: { append(text: string, kind?: string): void };
      declare const parser: ((run: number) => { push(data: unknown): void }) & { push(data: unknown): void; end(): void };
      declare const socket: { ready: Promise<void>; send(bytes: Uint8Array): void };
      declare const body: string;
      declare function connect(url: string | null): void;
      declare function count(lines: unknown[]): void;
      declare function show(what: unknown): void;
      declare function showCrash(message: string): void;
    `;
    const options = ["--module", "nodenext", "--lib", "es2022,dom", "--skipLibCheck"];
    expect(check({ "page.d.ts": page, ...files }, options)).toBe("");
  }, BUILD_MS);
});

describe("the migration guide", () => {
  it("counts its own lines right", () => {
    const guide = readFileSync(join(root, "../../docs/migration.md"), "utf8");
    let counted = 0;
    for (const section of guide.split(/^### /m)) {
      const said = /^(\d+) lines with code, (\d+) of them JSON/m.exec(section);
      if (said === null) continue;
      const lines = (kind: string) =>
        [...section.matchAll(new RegExp("```" + kind + "\\n([^]*?)```", "g"))]
          .flatMap(([, code]) => code!.split("\n"))
          .filter((text) => text.trim() !== "" && !text.trim().startsWith("//")).length;
      expect(said.slice(1).map(Number), section.split("\n")[0]).toEqual([lines("json") + lines("ts"), lines("json")]);
      const anchor = section.split("\n")[0]!.toLowerCase().replaceAll(" ", "-");
      const cells = [...guide.matchAll(new RegExp(`\\[(\\d+)\\]\\(#${anchor}\\)`, "g"))].map(([, number]) => number);
      expect(cells.length, anchor).toBeGreaterThan(0);
      expect(new Set(cells), anchor).toEqual(new Set([said[1]]));
      counted += 1;
    }
    expect(counted).toBe(2);
  });
});

describe("api-iife.js", () => {
  const file = join(root, "api-iife.js");

  it("is the one that the sources give", async () => {
    // The mode is said, because a test run would otherwise count as development.
    process.env["NODE_ENV"] = "production";
    const fresh = await buildIife();
    if (process.env["BLESS"]) writeFileSync(file, fresh);
    expect(readFileSync(file, "utf8"), "run this test with BLESS=1 and commit the file").toBe(fresh);
  }, BUILD_MS);

  it("puts the package beside Tauri's own API, and calls it", async () => {
    const asked: unknown[] = [];
    const core = { invoke: async (...call: unknown[]) => asked.push(call), Channel: class {} };
    const window = { __TAURI__: { core } as Record<string, any> };
    runInNewContext(readFileSync(file, "utf8"), { window });
    const { sidecarLifecycle } = window.__TAURI__;
    expect(Object.keys(sidecarLifecycle).sort()).toEqual(EXPORTS);
    expect(Object.keys(sidecarLifecycle.SidecarLifecycle).sort()).toEqual(FUNCTIONS);
    await sidecarLifecycle.SidecarLifecycle.start("web");
    expect(asked).toEqual([["plugin:sidecar-lifecycle|start", { id: "web" }, undefined]]);
  });

  it("leaves a page without it alone", () => {
    expect(() => runInNewContext(readFileSync(file, "utf8"), { window: {} })).not.toThrow();
  });
});
