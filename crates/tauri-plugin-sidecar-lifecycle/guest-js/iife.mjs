// Builds `api-iife.js`: what Tauri puts into each page of an app with `withGlobalTauri`, where the
// package is then `window.__TAURI__.sidecarLifecycle`.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const NAME = "__TAURI_PLUGIN_SIDECAR_LIFECYCLE__";

/** The text of the file. */
export async function buildIife() {
  const [{ output }] = await build({
    configFile: false,
    root: here,
    mode: "production",
    logLevel: "silent",
    build: {
      write: false,
      // As in the package itself; the oldest WebKit that Tauri 2 runs in on Linux has it.
      target: "es2022",
      lib: { entry: join(here, "index.ts"), formats: ["iife"], name: NAME },
      rolldownOptions: {
        external: ["@tauri-apps/api/core"],
        output: {
          // Tauri's own API is there already.
          globals: { "@tauri-apps/api/core": "window.__TAURI__.core" },
        },
      },
    },
  });
  const body = output[0].code.trim();
  const attach = `Object.defineProperty(window.__TAURI__,"sidecarLifecycle",{value:${NAME}})`;
  return `if("__TAURI__"in window){${body}${attach}}\n`;
}
