// @vitest-environment node
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
/** All that the launch page loads, compressed. It is seen for half a second and owes no more. */
const LAUNCH_BUDGET_BYTES = 10 * 1024;

/** A build takes seconds, and on a busy machine many of them. */
const BUILD_MS = 60_000;

let out: string;
const files = new Map<string, string>();

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), "berth-pages-"));
  // The mode is said, because a test run would otherwise count as development.
  process.env["NODE_ENV"] = "production";
  await build({
    configFile: join(root, "vite.config.ts"),
    root: join(root, "src"),
    mode: "production",
    logLevel: "silent",
    build: { outDir: out, reportCompressedSize: false },
  });
  for (const file of readdirSync(out, { recursive: true, encoding: "utf8" })) {
    if (/\.\w+$/.test(file)) files.set(file, readFileSync(join(out, file), "utf8"));
  }
}, BUILD_MS);

afterAll(() => rmSync(out, { recursive: true, force: true }));

describe("the build", () => {
  it("has the three pages", () => {
    expect([...files.keys()].filter((name) => name.endsWith(".html")).sort()).toEqual(["index.html", "log.html", "trouble.html"]);
  });

  it("holds nothing of the demo and its mocks", () => {
    for (const [name, text] of files) {
      expect(text, name).not.toMatch(/demo|mockIPC|ELIFECYCLE|vite-plugin-inspect|1\.4\.0/i);
    }
  });

  it("runs under a strict content security policy", () => {
    for (const [name, text] of files) {
      if (name.endsWith(".html")) {
        expect(text, name).not.toMatch(/<script(?![^>]*\bsrc=)/);
        expect(text, name).not.toMatch(/\son\w+=|\sstyle=|https?:\/\//);
      } else if (name.endsWith(".js")) {
        expect(text, name).not.toMatch(/\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write/);
      }
    }
  });

  it("paints the right ground first, in both themes", () => {
    const ground = (css: string) => [...css.matchAll(/--ground:\s*(#\w+)/g)].map((match) => match[1]);
    const [light, dark] = ground(readFileSync(join(root, "src/styles/base.css"), "utf8"));
    for (const [name, text] of files) {
      if (!name.endsWith(".html")) continue;
      const head = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? "";
      expect(head, name).toContain("color-scheme:light dark");
      expect(head.indexOf(light!), name).toBeGreaterThan(0);
      expect(head.indexOf(dark!), name).toBeGreaterThan(head.indexOf("prefers-color-scheme:dark"));
    }
  });

  it("moves nothing for those who asked for less motion", () => {
    const moves = /[;{](animation|transition|scroll-behavior|view-transition)[\w-]*:|\.animate\(|behavior:\s*["'`]smooth/;
    const allowed = "@media (prefers-reduced-motion:no-preference){";
    let guarded = 0;
    for (const [name, text] of files) {
      const [first, ...rest] = text.split(allowed);
      guarded += rest.length;
      // Each part begins inside the guarded block and goes on after its end.
      expect([first, ...rest.map(afterBlock)].join(""), name).not.toMatch(moves);
    }
    expect(guarded, "the boat").toBe(1);
  });

  it("keeps the launch page small", () => {
    const html = files.get("index.html") ?? "";
    const loaded = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => files.get(match[1]!) ?? "");
    expect(loaded).toHaveLength(3);
    const bytes = [html, ...loaded].reduce((sum, text) => sum + gzipSync(text).length, 0);
    expect(bytes).toBeLessThanOrEqual(LAUNCH_BUDGET_BYTES);
  });
});

/** What follows a block whose opening brace has been read. */
function afterBlock(css: string): string {
  let depth = 1;
  for (let at = 0; at < css.length; at += 1) {
    if (css[at] === "{") depth += 1;
    if (css[at] === "}") depth -= 1;
    if (depth === 0) return css.slice(at + 1);
  }
  return "";
}
