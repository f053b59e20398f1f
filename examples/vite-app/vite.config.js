import react from "@vitejs/plugin-react";
import { defineConfig, version } from "vite";

export default defineConfig({
  plugins: [react()],
  // The page shows which Vite serves it.
  define: { __VITE_VERSION__: JSON.stringify(version) },
});
