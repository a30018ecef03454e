import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { Tally } from "./support/tally.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Folders whose files leave nothing behind in the process that they run in: they take turns in the same processes, which
 * spares each half a second of loading Node, vitest and our sources. A folder of tests that crash, count or change what
 * belongs to the whole process is none of these.
 */
const SHARING = [
  ...[
    "archive",
    "cli",
    "collab",
    "config",
    "docs",
    "erasure",
    "export",
    "golden",
    "import",
    "inspect",
    "jsonl",
    "laws",
  ],
  ...["log", "migrate", "read-model", "replay", "session", "web"],
].map((folder) => `test/${folder}/**/*.test.ts`);

const EACH = {
  root: ROOT,
  // The configuration of whoever runs the tests is none of theirs.
  env: { XDG_CONFIG_HOME: "/nonexistent" },
  // Child processes: a native driver that crashes does not take the run with it, and kill -9 of the run ends them all.
  pool: "forks" as const,
  setupFiles: ["test/support/each-file.ts"],
  // Limits for a slow and shared machine, not expectations.
  testTimeout: 30_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    root: ROOT,
    // Most files wait for processes of their own: one worker alone leaves half of a small machine idle.
    maxWorkers: 2,
    // Here only, and not in EACH: once a run.
    globalSetup: ["test/support/global-setup.ts"],
    reporters: ["default", new Tally()],
    projects: [
      { test: { ...EACH, name: "sharing", include: SHARING, isolate: false } },
      {
        test: {
          ...EACH,
          name: "alone",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...SHARING],
        },
      },
    ],
  },
});
