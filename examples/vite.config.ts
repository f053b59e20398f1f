import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

/** Builds the pages of one example: `vite build examples/NAME --config examples/vite.config.ts`. */
export default defineConfig({
  // The same page has another address in each kind of window.
  base: "./",
  publicDir: false,
  clearScreen: false,
  server: { port: 1430, strictPort: true },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The oldest WebKit that Tauri's windows run in; WebView2 is newer.
    target: "safari16.4",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [
    {
      name: "every-page",
      config({ root = "." }) {
        const pages = readdirSync(root).filter((file) => file.endsWith(".html"));
        return { build: { rolldownOptions: { input: pages.map((file) => resolve(root, file)) } } };
      },
    },
  ],
});
