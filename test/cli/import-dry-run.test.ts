import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { IMPORT_SOURCES } from "./import-sources.js";

/** A place for a store, and all that lies there. */
interface Target {
  readonly url: string;
  /** Names and bytes; of a server the rows of each table. Equal before and after where nothing was written. */
  picture(): Promise<unknown>;
}

const TARGETS: readonly (readonly [name: string, make: (folder: string) => Promise<Target>])[] = [
  ["JSONL", async (folder) => inFolder(folder, "jsonl:", "s.jsonl")],
  ["SQLite", async (folder) => inFolder(folder, "sqlite:", "s.db")],
  ["Postgres", (_folder) => onServer()],
];

function inFolder(root: string, scheme: string, name: string): Target {
  const folder = join(root, "not", "there");
  return { url: `${scheme}${join(folder, name)}`, picture: async () => filesIn(root) };
}

function filesIn(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files.map((one) => {
      const path = join(one.parentPath, one.name);
      return [path, one.isFile() ? readFileSync(path, "base64") : "a folder"];
    }),
  );
}

async function onServer(): Promise<Target> {
  const url = await freshPostgresUrl();
  const admin = await openAdmin(url);
  const picture = async () => {
    const { rows } = await admin.query<{ place: string; kind: string }>(
      `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS place, table_type AS kind FROM information_schema.tables
       WHERE table_schema LIKE $1 || '%' ORDER BY 1`,
      [schemaOf(url)],
    );
    const schemas = await admin.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE $1 || '%'", [schemaOf(url)]);
    const tables: unknown[] = [schemas.rows];
    for (const { place, kind } of rows) {
      tables.push([place, kind]);
      if (kind === "VIEW") continue; // of the tables
      const found = await admin.query(`SELECT one::text AS text FROM ${place} AS one ORDER BY 1`);
      tables.push([place, found.rows]);
    }
    return tables;
  };
  return { url, picture };
}

let cwd = "";
beforeEach(() => {
  cwd = tempDir();
});

async function importing(args: readonly string[]) {
  const { code, stdout, stderr } = await runCli(["import", ...args, "--json"], { cwd });
  expect(stdout, stderr).not.toBe("");
  return { code, ...JSON.parse(stdout) };
}

describe.each(TARGETS)("on %s", (_target, targetIn) => {
  test.each(IMPORT_SOURCES)(
    "a dry run of import %s says what the import then does, and writes nothing",
    async (_kind, sourceIn) => {
      for (const name of ["source", "target"]) mkdirSync(join(cwd, name));
      const source = await sourceIn(join(cwd, "source"));
      const { url, picture } = await targetIn(join(cwd, "target"));
      const args = [...source.args, "--store", url];
      const both = async () => {
        const before = await picture();
        const told = await importing([...args, "--dry-run"]);
        expect(await picture()).toEqual(before);
        const done = await importing(args);
        expect(told).toEqual({ ...done, dryRun: true });
        expect(done.dryRun).toBe(false);
        return told;
      };
      const fresh = await both();
      expect(fresh.imported).toBeGreaterThan(1);
      const again = await both();
      expect([again.imported, again.updated, again.offset]).toEqual([0, 0, fresh.offset]);
      await source.change();
      const changed = await both();
      expect(changed.imported).toBeGreaterThan(0);
      expect(changed.offset).toBeGreaterThan(fresh.offset);
    },
  );

  test("read models, snapshots and other sessions of a store that is used stay as they are", async () => {
    const { url, picture } = await targetIn(cwd);
    const store = ["--store", url];
    for (const id of ["a", "b", "c"]) await runCli(["session", "start", id, ...store], { cwd });
    for (const line of [["session", "list"], ["stats"], ["projection", "rebuild"]])
      await runCli([...line, ...store], { cwd });
    const file = join(tempDir(), "db.json");
    writeFileSync(file, JSON.stringify([{ session: "b", branch: "new" }, { session: "d" }]));
    const before = await picture();
    const args = ["minsky-json", file, ...store];
    const told = await importing([...args, "--dry-run"]);
    expect(await picture()).toEqual(before);
    expect(told).toEqual({ ...(await importing(args)), dryRun: true });
  });

  test("a store that has moved is refused as the import refuses it", async () => {
    const { url, picture } = await targetIn(cwd);
    await runCli(["session", "start", "a", "--store", url], { cwd });
    const log = await openLog(url);
    onTestFinished(() => log.close());
    await log.freeze?.("jsonl:/elsewhere.jsonl");
    await log.close();
    const file = join(tempDir(), "db.json");
    writeFileSync(file, JSON.stringify([{ session: "b" }]));
    const before = await picture();
    const args = ["import", "minsky-json", file, "--store", url];
    const told = await runCli([...args, "--dry-run"], { cwd });
    expect(await picture()).toEqual(before);
    expect(told.stderr).toContain("LOG_MOVED");
    expect(told).toEqual(await runCli(args, { cwd }));
  });
});

const STORE = ["--store", "jsonl:./s.jsonl"];

test("the text says what would be, and where records would be refused the exit code is the import's", async () => {
  writeFileSync(join(cwd, "db.json"), JSON.stringify([{ session: "a" }, { branch: "no id" }]));
  const { code, stdout, stderr } = await runCli(["import", "minsky-json", "db.json", "--dry-run", ...STORE], { cwd });
  expect(stdout.split("\n")).toEqual([
    `minsky-json:${join(cwd, "db.json")} (bare array) → jsonl:${join(cwd, "s.jsonl")}`,
    "2 read, 1 would be imported, 0 updated, 0 unchanged, 0 duplicates, 0 repaired, 1 refused",
    "nothing was written; the log would end at offset 1",
    "",
  ]);
  expect(stderr).toContain("refused /1: ");
  expect(code).toBe(1);
  expect(readdirSync(cwd)).toEqual(["db.json"]);
});

test("--report is written all the same, says that it is of a dry run, and gives way to the one of the import", async () => {
  writeFileSync(join(cwd, "db.json"), JSON.stringify([{ session: "a" }]));
  const args = ["import", "minsky-json", "db.json", "--report", "report.json", ...STORE];
  const report = () => JSON.parse(readFileSync(join(cwd, "report.json"), "utf8"));
  expect((await runCli([...args, "--dry-run"], { cwd })).code).toBe(0);
  expect(report()).toMatchObject({ schema: "import/1", dryRun: true, imported: 1, offset: 1 });
  expect(readdirSync(cwd).sort()).toEqual(["db.json", "report.json"]);
  expect((await runCli(args, { cwd })).code).toBe(0);
  expect(report()).toMatchObject({ dryRun: false, imported: 1, offset: 1 });
});

test("a report in the place of the store is refused, also where there is no store yet", async () => {
  writeFileSync(join(cwd, "db.json"), JSON.stringify([{ session: "a" }]));
  const args = ["import", "minsky-json", "db.json", "--dry-run", "--report", "s.jsonl", ...STORE];
  expect((await runCli(args, { cwd })).code).toBe(2);
  expect(readdirSync(cwd)).toEqual(["db.json"]);
});

test("before the first start, a dry run on the default store tells what that would take over, and does not", async () => {
  const env = { XDG_STATE_HOME: join(cwd, "state"), XDG_CONFIG_HOME: join(cwd, "etc") };
  const folder = join(cwd, "state", "minsky");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "session-db.json"), JSON.stringify([{ session: "a" }]));
  writeFileSync(join(cwd, "db.json"), JSON.stringify([{ session: "a" }, { session: "b" }]));
  const before = filesIn(cwd);
  const args = ["import", "minsky-json", "db.json", "--json"];
  const told = await runCli([...args, "--dry-run"], { cwd, env });
  expect(told.stderr).toContain("first start: would take over ");
  expect(filesIn(cwd)).toEqual(before);
  const done = await runCli(args, { cwd, env });
  expect(JSON.parse(told.stdout)).toEqual({ ...JSON.parse(done.stdout), dryRun: true });
  expect(JSON.parse(told.stdout)).toMatchObject({ imported: 1, unchanged: 1, offset: 2 });
});

test("a torn end of a JSONL log is left for whoever writes, and a file of another program is refused", async () => {
  await runCli(["session", "start", "a", ...STORE], { cwd });
  const path = join(cwd, "s.jsonl");
  writeFileSync(path, `${readFileSync(path, "utf8")}{"offset":2,"vers`);
  writeFileSync(join(cwd, "db.json"), JSON.stringify([{ session: "b" }]));
  const before = filesIn(cwd);
  const args = ["import", "minsky-json", "db.json"];
  const told = await importing(["minsky-json", "db.json", "--dry-run", ...STORE]);
  expect(told).toMatchObject({ code: 0, imported: 1, offset: 2 });
  expect(filesIn(cwd)).toEqual(before);
  const other = await runCli([...args, "--dry-run", "--store", "sqlite:./db.json"], { cwd });
  expect(other).toEqual(await runCli([...args, "--store", "sqlite:./db.json"], { cwd }));
  expect(existsSync(join(cwd, "db.json-wal"))).toBe(false);
});
