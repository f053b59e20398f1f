import { resolve } from "node:path";
import { build, defineConfig, mergeConfig, type Plugin } from "vite";

import pages from "../vite.config.ts";

/** The page, and the server as one file that Node runs without any package beside it. */
export default mergeConfig(pages, defineConfig({ plugins: [server()] }));

function server(): Plugin {
  return {
    name: "server",
    apply: "build",
    async closeBundle() {
      await build({
        configFile: false,
        root: import.meta.dirname,
        logLevel: "warn",
        ssr: { noExternal: true },
        build: {
          ssr: "server/main.mjs",
          target: "node20",
          // Where `tauri.conf.json` finds it, and not among the pages, all of which are embedded.
          outDir: resolve(import.meta.dirname, "src-tauri/resources"),
          rolldownOptions: { output: { entryFileNames: "mcp-server.mjs", codeSplitting: false } },
        },
      });
    },
  };
}
