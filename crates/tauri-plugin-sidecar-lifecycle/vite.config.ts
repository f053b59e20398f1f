import { defineConfig } from "vitest/config";

export default defineConfig({
  root: "guest-js",
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    // Only what has failed takes that long: some of them start programs, beside others that do.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
