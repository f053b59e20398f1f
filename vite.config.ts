import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const page = (file: string) => resolve(import.meta.dirname, "src", file);

export default defineConfig({
  root: "src",
  publicDir: false,
  clearScreen: false,
  // Fixed, because `tauri.conf.json` names it as `devUrl`.
  server: { port: 1420, strictPort: true },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    // The oldest WebKit that Berth's windows run in (macOS 13, WebKitGTK 2.40); WebView2 is newer.
    target: "safari16.4",
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      input: { index: page("index.html"), trouble: page("trouble.html"), log: page("log.html") },
      // Everything the three pages share is one file: each request costs more than its bytes.
      output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] } },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    // Only what has failed takes that long: some of them start programs, beside others that do.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
