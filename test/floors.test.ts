import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { floorViolations } from "./support/floors.js";
import { importsOf } from "./support/imports.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function projectFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of ["src", "projections", "migrations"]) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
      const path = join(folder, name).replaceAll("\\", "/");
      if (/\.tsx?$/.test(path)) files.set(path, readFileSync(join(ROOT, path), "utf8"));
    }
  }
  return files;
}

test("every file of the project keeps to its floor", () => {
  const files = projectFiles();
  expect(files.size).toBeGreaterThan(50);
  expect(floorViolations(files)).toEqual([]);
});

/** Made-up files: the path, and the paths or packages that it imports. */
function check(files: Record<string, readonly string[]>): string[] {
  const sources = Object.entries(files).map(([path, imports]): [string, string] => {
    const up = "../".repeat(path.split("/").length - 1);
    const lines = imports.map((to) => `import { x } from "${to.endsWith(".ts") ? `${up}${to.slice(0, -3)}.js` : to}";`);
    return [path, lines.join("\n")];
  });
  return floorViolations(new Map(sources));
}

describe("the checker finds", () => {
  test("nothing in a project in order", () => {
    const fine = {
      "src/errors.ts": [],
      "src/log/seal.ts": ["src/errors.ts", "node:crypto"],
      "src/log/sql/x.ts": ["src/log/seal.ts", "migrations/list.ts", "pg"],
      "migrations/list.ts": ["kysely"],
      "src/replay/fold.ts": ["src/log/seal.ts"],
      "src/migrate/copy.ts": ["src/replay/fold.ts"],
      "src/backends/sql-backend.ts": ["src/log/sql/x.ts"],
      "src/open-log.ts": ["src/backends/sql-backend.ts"],
      "src/cli/run.ts": ["src/open-log.ts", "src/migrate/copy.ts"],
    };
    expect(check(fine)).toEqual([]);
  });

  test.each<[string, string, string]>([
    ["a step up", "src/log/seal.ts", "src/replay/fold.ts"],
    ["a reader that knows a backend", "src/replay/fold.ts", "src/log/jsonl/file.ts"],
    ["a backend that knows a reader", "src/log/jsonl/file.ts", "src/replay/fold.ts"],
    ["a backend that knows another", "src/log/jsonl/file.ts", "src/log/memory/log.ts"],
    ["a replay that knows a migration", "src/replay/fold.ts", "src/migrate/copy.ts"],
    ["a migration that knows an importer", "src/migrate/copy.ts", "src/import/foreign.ts"],
    ["an importer that knows a migration", "src/import/foreign.ts", "src/migrate/copy.ts"],
    ["a door that knows another", "src/ui/page.ts", "src/mcp/tools.ts"],
    ["a published suite that knows a leaf", "src/testing.ts", "projections/session.ts"],
    ["a file outside src/backends/ that names a backend", "src/cli/run.ts", "src/log/sql/log.ts"],
  ])("%s", (_name, from, to) => {
    expect(check({ [from]: [to], [to]: [] })).toEqual([expect.stringContaining(`${from} `)]);
  });

  test("a file without a floor, and an import of something outside", () => {
    expect(check({ "src/helpers/x.ts": [] })).toEqual([expect.stringContaining("has no floor")]);
    expect(check({ "src/replay/x.ts": ["test/support/until.ts"] })).toEqual([expect.stringContaining("none of the")]);
  });

  test.each(["pg", "better-sqlite3", "pg-listen", "pg-copy-streams"])("the driver %s outside src/log/sql", (name) => {
    expect(check({ "src/import/foreign.ts": [name] })).toEqual([expect.stringContaining(`the driver ${name}`)]);
  });

  test("a dialect of kysely outside src/log/sql, and a package in the published suite", () => {
    const source = 'import { type Kysely, SqliteDialect } from "kysely";';
    expect(floorViolations(new Map([["migrations/0001.ts", source]]))).toEqual([
      expect.stringContaining("SqliteDialect"),
    ]);
    expect(floorViolations(new Map([["src/log/sql/a.ts", source]]))).toEqual([]);
    expect(check({ "src/conformance/suite.ts": ["zod"] })).toEqual([expect.stringContaining("imports zod")]);
  });

  test("a cycle, once, also of types and within a folder", () => {
    const files = new Map([
      ["src/log/a.ts", 'import type { B } from "./b.js";'],
      ["src/log/b.ts", 'import { c } from "./c.js";'],
      ["src/log/c.ts", 'const a = await import("./a.js");'],
    ]);
    expect(floorViolations(files)).toEqual(["cycle: src/log/a.ts → src/log/b.ts → src/log/c.ts → src/log/a.ts"]);
  });

  test.each([
    ["export *", 'export * from "./b.js";', "export *"],
    ["export * as", 'export * as b from "./b.js";', "export *"],
    ["a barrel", 'export { b } from "./b.js";', "re-exports"],
    ["a barrel of types", 'export type {\n  B,\n} from "./b.js";', "re-exports"],
    ["a default export", "export default class {}", "default export"],
    ["a renamed default export", "const a = 1;\nexport { a as default };", "default export"],
    ["a computed import", "const b = await import(name);", "computed"],
  ])("%s", (_name, source, expected) => {
    const files = new Map([
      ["src/log/a.ts", source],
      ["src/log/b.ts", ""],
    ]);
    expect(floorViolations(files)).toContainEqual(expect.stringContaining(expected));
  });
});

test("imports are read in every form, and not from comments", () => {
  const source = `
/**
 * import { no } from "comment-block";
 */
// import { no } from "comment-line";
import "side-effect";
import plain from "plain";
import plain2, { also } from "plain2";
import * as space from "space";
import {
  one,
  type Two,
} from "several-lines";
import type { Only } from "types";
export { again } from "again";
const lazy = await import("lazy");
type Far = typeof import("far");
`;
  const { specifiers, named } = importsOf(source);
  const expected = ["side-effect", "plain", "plain2", "space", "several-lines", "types", "again", "lazy", "far"];
  expect([...specifiers].sort()).toEqual(expected.sort());
  expect(named.get("several-lines")).toEqual(["one", "Two"]);
});
