import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tempDir } from "../support/temp.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)];
const PAGES = FILES.filter((name) => name.endsWith(".md") && blocksOf(name).length > 0);

const EXPRESS = "src/express/session-store.ts";

/** Inside the project, so that the packages are found. */
let folder = "";

beforeAll(() => {
  mkdirSync(join(ROOT, ".tmp"), { recursive: true });
  folder = mkdtempSync(join(ROOT, ".tmp/docs-"));
  for (const page of PAGES) writeFileSync(fileOf(page, "ts"), programOf(page));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function blocksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => match[1] as string);
}

/** The blocks of one page are one program, in their order. */
function programOf(page: string): string {
  return blocksOf(page).join("\n");
}

function fileOf(page: string, ending: string): string {
  return join(folder, `${page.replaceAll(/\W/g, "-")}.${ending}`);
}

test("the programs of the pages are right TypeScript", () => {
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      rootDir: ROOT,
      paths: { sessiondb: [join(ROOT, "src/index.ts")], "sessiondb/express": [join(ROOT, EXPRESS)] },
    },
    include: [join(folder, "*.ts"), join(ROOT, "src/types")],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  expect([status, stdout]).toEqual([0, ""]);
});

test.each(PAGES)("the program of %s runs, and prints what it says", async (page) => {
  const outfile = fileOf(page, "mjs");
  await build({
    entryPoints: [fileOf(page, "ts")],
    alias: { sessiondb: join(ROOT, "src/index.ts"), "sessiondb/express": join(ROOT, EXPRESS) },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    external: ["better-sqlite3", "pg", "pg-listen"],
    outfile,
    logLevel: "silent",
  });
  const output = execFileSync(process.execPath, [outfile], { cwd: tempDir(), encoding: "utf8" });
  const promised = [...programOf(page).matchAll(/\/\/ prints (.+)$/gm)].map((match) => match[1] as string);
  const lines = output.split("\n");
  expect(lines.filter((line) => promised.includes(line))).toEqual(promised);
});
