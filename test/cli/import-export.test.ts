import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, expect, test } from "vitest";
import { bundledProgram } from "../support/bundled-program.js";
import { spawnCli } from "../support/cli.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "jsonl:./s.jsonl"];

let cwd = "";
beforeEach(() => {
  cwd = tempDir();
});

function run(...args: string[]) {
  return runCli(args, { cwd });
}

function write(name: string, content: unknown): void {
  writeFileSync(join(cwd, name), JSON.stringify(content));
}

test("what was refused is told, stands in the report, and the exit code is 1", async () => {
  write("db.json", [{ session: "a", createdAt: "2025-01-01" }, { branch: "no id" }, "no record"]);
  const { code, stdout, stderr } = await run("import", "minsky-json", "db.json", "--report", "report.json", ...STORE);
  expect(code).toBe(1);
  expect(stdout).toContain("3 read, 1 imported, 0 updated, 0 unchanged, 0 duplicates, 0 repaired, 2 refused");
  expect(stderr).toContain("refused /1: ");
  const report = JSON.parse(readFileSync(join(cwd, "report.json"), "utf8"));
  expect(report).toMatchObject({ schema: "import/1", read: 3, imported: 1, refused: 2, offset: 1 });
  expect(report.notes.map(({ kind, place }: { kind: string; place: string }) => [kind, place])).toEqual([
    ["refused", "/1"],
    ["refused", "/2"],
  ]);
  expect(statSync(join(cwd, "report.json")).mode & 0o777).toBe(0o600);
});

test.each<[string, string, number]>([
  ["the source", "db.json", 2],
  ["the store", "s.jsonl", 7],
  ["a folder that is not there", "no/report.json", 1],
  ["another file", "other.db", 7],
])("a report in the place of %s is refused, and nothing is imported", async (_what, place, expected) => {
  write("db.json", [{ session: "a" }]);
  writeFileSync(join(cwd, "other.db"), "another store");
  await run("session", "start", "first", ...STORE);
  const { code } = await run("import", "minsky-json", "db.json", "--report", place, ...STORE);
  expect(code).toBe(expected);
  expect(JSON.parse(readFileSync(join(cwd, "db.json"), "utf8"))).toEqual([{ session: "a" }]);
  expect(readFileSync(join(cwd, "other.db"), "utf8")).toBe("another store");
  const { stdout } = await run("session", "list", "--json=session", ...STORE);
  expect(JSON.parse(stdout)).toMatchObject({ offset: 1, items: [{ session: "first" }] });
  expect(readdirSync(cwd).filter((name) => name.startsWith(".unfinished-"))).toEqual([]);
});

test("a report takes the place of the one before", async () => {
  write("db.json", [{ session: "a" }]);
  for (const imported of [1, 0]) {
    expect((await run("import", "minsky-json", "db.json", "--report", "r.json", ...STORE)).code).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, "r.json"), "utf8"))).toMatchObject({ imported });
  }
});

test("a source that cannot be read makes no store", async () => {
  writeFileSync(join(cwd, "db.json"), "{");
  for (const [kind, file, exitCode] of [
    ["minsky-json", "db.json", 1],
    ["minsky-sqlite", "none.db", 3],
  ] as const) {
    expect((await run("import", kind, file, ...STORE)).code).toBe(exitCode);
  }
  expect(existsSync(join(cwd, "s.jsonl"))).toBe(false);
});

test("a SQLite database given as JSON is told what to type", async () => {
  const db = new Database(join(cwd, "sessions.db"));
  db.exec("CREATE TABLE sessions (session)");
  db.close();
  const { code, stderr } = await run("import", "minsky-json", "sessions.db", ...STORE);
  expect([code, stderr.includes("import minsky-sqlite")]).toEqual([2, true]);
});

test("the password of a source stands nowhere", async () => {
  const url = "postgres://ada:pa55word@127.0.0.1:1/db";
  const results = [
    await run("import", "minsky-postgres", url, "--debug", ...STORE),
    await runCli(["import", "minsky-postgres", "env:LEGACY", "--json", "--debug", ...STORE], {
      cwd,
      env: { LEGACY: url },
    }),
  ];
  for (const { code, stdout, stderr } of results) {
    expect(code).toBe(5);
    expect(stdout + stderr).not.toContain("pa55word");
  }
  expect(results[0]?.stderr).toContain("env:NAME");
  expect((await run("import", "minsky-postgres", "env:NOT_SET_AT_ALL", ...STORE)).code).toBe(2);
});

test("an export says what it wrote; a file that is there needs --force", async () => {
  await run("session", "start", "a", ...STORE);
  const out = ["export", "minsky-json", "out.json", "--json", ...STORE];
  const { stdout } = await run(...out);
  expect(JSON.parse(stdout)).toMatchObject({ schema: "export/1", format: "minsky-json", offset: 1, sessions: 1 });
  expect((await run(...out)).code).toBe(7);
  expect((await run(...out, "--force")).code).toBe(0);
  expect((await run("export", "sql", "x.sql", "--dialect", "oracle", ...STORE)).code).toBe(2);
  expect((await run("export", "csv", "x.csv", "--store", "jsonl:./none.jsonl")).code).toBe(3);
  expect((await run("export", "minsky-json", "y.json", "--watch", "--as-of", "1", ...STORE)).code).toBe(2);
});

test("--watch keeps the file up to date until Ctrl-C, and then ends as others do that follow", async () => {
  await run("session", "start", "a", ...STORE);
  const program = bundledProgram("cli", "dist/cli/sessiondb.js");
  const args = ["export", "minsky-json", "mirror.json", "--watch", ...STORE];
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: "ignore" });
  const exited = once(child, "exit");
  const file = join(cwd, "mirror.json");
  await until("the first writing", () => existsSync(file));
  await run("session", "start", "b", ...STORE);
  await until("the second session", () => JSON.parse(readFileSync(file, "utf8")).sessions.length === 2);
  child.kill("SIGINT");
  expect(await exited).toEqual([130, null]);
});

test("an import that Ctrl-C ends says so, leaves no half report, and is gone on with by doing it again", async () => {
  const sessions = Array.from({ length: 20_000 }, (_, i) => ({ session: `s${i}`, repoName: "app", branch: `b${i}` }));
  writeFileSync(join(cwd, "many.json"), JSON.stringify({ sessions, baseDir: "/w" }));
  const line = ["import", "minsky-json", "many.json", "--report", "report.json", ...STORE];
  const importing = spawnCli(line, { cwd });
  await until("the first batch", () => readdirSync(cwd).includes("s.jsonl") && statSync(join(cwd, "s.jsonl")).size > 0);
  importing.signal("SIGINT");
  const { signal, stderr } = await importing.exit;
  expect(signal).toBe("SIGINT");
  expect(stderr).toMatch(/^error IMPORT_STOPPED: .*\nhint: do it again/m);
  expect(readdirSync(cwd).filter((name) => name.startsWith(".unfinished-"))).toEqual([]);
  const again = JSON.parse((await run(...line, "--json")).stdout);
  expect(again).toMatchObject({ read: 20_000, refused: 0 });
  expect(again.unchanged).toBeGreaterThan(0);
  expect(again.imported + again.unchanged).toBe(20_000);
});
