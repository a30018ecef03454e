import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { Tally } from "./support/tally.js";

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("..", import.meta.url)),
    include: ["test/**/*.test.ts"],
    // The configuration of whoever runs the tests is none of theirs.
    env: { XDG_CONFIG_HOME: "/nonexistent" },
    // Child processes: a native driver that crashes takes one file with it, and kill -9 of the run ends them all.
    pool: "forks",
    // Most files wait for processes of their own: one worker alone leaves half of a small machine idle.
    maxWorkers: 2,
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/each-file.ts"],
    reporters: ["default", new Tally()],
    // Limits for a slow and shared machine, not expectations.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
