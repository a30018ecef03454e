import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { tempDir } from "../support/temp.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("the library example of the README runs as it stands", async () => {
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "README.md"), "utf8")) ?? [];
  expect(code).toContain('from "sessiondb"');
  // Inside the project, so that the packages are found.
  const outfile = join(ROOT, `.tmp/readme-${process.pid}.mjs`);
  await build({
    stdin: { contents: code, resolveDir: ROOT, loader: "ts" },
    alias: { sessiondb: join(ROOT, "src/index.ts") },
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    external: ["better-sqlite3", "pg", "pg-listen"],
    outfile,
    logLevel: "silent",
  });
  try {
    const output = execFileSync(process.execPath, [outfile], { cwd: tempDir(), encoding: "utf8" });
    expect(output).toContain("branch: 'auth'");
    expect(output).not.toContain("PR_OPEN");
  } finally {
    rmSync(outfile, { force: true });
  }
});
