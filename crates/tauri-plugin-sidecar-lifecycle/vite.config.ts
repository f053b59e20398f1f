import { defineConfig } from "vitest/config";

export default defineConfig({
  root: "guest-js",
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
  },
});
