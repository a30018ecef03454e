import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/layers.js";
import { LAYERS } from "../../src/config/source.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";
import { ConfigWorld, codeOf, ref, type Variables } from "./config-world.js";

const URL_TEXT = "postgres://ada@db/app";

describe("every dialect of every era says the same", () => {
  test.each<[string, string, string, unknown]>([
    ["sessiondb", "sessiondb: {backend: sqlite}", "backend", "sqlite"],
    ["storage", "version: 1\nstorage:\n  backend: sqlite", "backend", "sqlite"],
    ["persistence", "persistence:\n  backend: postgres", "backend", "postgres"],
    ["storage.sqlite.path", "storage:\n  sqlite:\n    path: ~/x.db", "sqlite.path", "HOME/x.db"],
    ["sessiondb.sqlite.path", "sessiondb:\n  sqlite:\n    path: ~/x.db", "sqlite.path", "HOME/x.db"],
    ["sessiondb.dbPath", "sessiondb:\n  dbPath: ~/x.db", "sqlite.path", "HOME/x.db"],
    ["persistence.sqlite.dbPath", "persistence:\n  sqlite:\n    dbPath: ~/x.db", "sqlite.path", "HOME/x.db"],
    ["storage.base_dir", "storage:\n  base_dir: ~/git", "baseDir", "HOME/git"],
    ["sessiondb.baseDir", "sessiondb:\n  baseDir: ~/git", "baseDir", "HOME/git"],
    ["sessiondb.json.baseDir", "sessiondb:\n  json:\n    baseDir: ~/git", "baseDir", "HOME/git"],
    [
      "storage.postgres",
      `storage:\n  postgres:\n    connection_string: ${URL_TEXT}`,
      "postgres.connectionString",
      URL_TEXT,
    ],
    [
      "credentials",
      `credentials:\n  postgres:\n    connection_string: ${URL_TEXT}`,
      "postgres.connectionString",
      URL_TEXT,
    ],
    [
      "sessiondb.connectionString",
      `sessiondb:\n  connectionString: ${URL_TEXT}`,
      "postgres.connectionString",
      URL_TEXT,
    ],
    [
      "persistence.postgres",
      `persistence:\n  postgres:\n    connectionString: ${URL_TEXT}`,
      "postgres.connectionString",
      URL_TEXT,
    ],
    [
      "seconds of later versions",
      "persistence:\n  postgres:\n    connectTimeout: 30",
      "postgres.connectTimeoutMs",
      30_000,
    ],
    ["milliseconds", "sessiondb:\n  postgres:\n    connectTimeout: 30", "postgres.connectTimeoutMs", 30],
    ["a number in quotes", 'storage:\n  postgres:\n    max_connections: "7"', "postgres.maxConnections", 7],
    ["ssl: true", "sessiondb:\n  postgres:\n    ssl: true", "postgres.ssl.mode", "verify-full"],
    ["ssl: false", "sessiondb:\n  postgres:\n    ssl: false", "postgres.ssl.mode", "disable"],
    ["ssl.mode", "storage:\n  postgres:\n    ssl:\n      mode: require", "postgres.ssl.mode", "require"],
    ["enable_wal", "storage:\n  sqlite:\n    enable_wal: true", "sqlite.enableWAL", true],
    ["an alias of YAML", "storage:\n  base_dir: &p ~/a\n  sqlite:\n    path: *p", "sqlite.path", "HOME/a"],
  ])("%s", (_name, text, key, value) => {
    const world = new ConfigWorld().user(text);
    const found = world.load().find(key);
    expect(found?.value).toBe(typeof value === "string" ? value.replace("HOME", world.home) : value);
    expect(found?.source).toMatchObject({ layer: "user", file: world.userFile, line: text.split("\n").length });
  });

  test.each<[string, string, string]>([
    ["MINSKY_SESSIONDB_BACKEND", "sqlite", "backend"],
    ["MINSKY_SESSION_BACKEND", "sqlite", "backend"],
    ["MINSKY_STORAGE_BACKEND", "sqlite", "backend"],
    ["STORAGE_BACKEND", "sqlite", "backend"],
    ["MINSKY_SESSIONDB_SQLITE_PATH", "/x.db", "sqlite.path"],
    ["MINSKY_SQLITE_PATH", "/x.db", "sqlite.path"],
    ["MINSKY_SESSIONDB_POSTGRES_URL", URL_TEXT, "postgres.connectionString"],
    ["MINSKY_POSTGRES_URL", URL_TEXT, "postgres.connectionString"],
    ["MINSKY_SESSIONDB_BASE_DIR", "/git", "baseDir"],
    ["MINSKY_BASE_DIR", "/git", "baseDir"],
    ["SESSIONDB_ACTOR", "agent:x", "actor"],
  ])("the variable %s", (name, value, key) => {
    expect(new ConfigWorld().load({ [name]: value }).find(key)).toMatchObject({
      value,
      source: { layer: "environment", name },
    });
  });

  test("an empty variable, and a key without a value, say nothing", () => {
    const world = new ConfigWorld().user("sessiondb:\n  backend:\nstorage:\n");
    expect(world.load({ MINSKY_STORAGE_BACKEND: "" }).find("backend")?.source.layer).toBe("default");
  });
});

test("law: of one setting the strongest layer that names it counts, and is named", () => {
  const backend = fc.constantFrom("json", "jsonl", "sqlite");
  const layers = fc.record({ environment: backend, repository: backend, user: backend }, { requiredKeys: [] });
  const dialect = fc.constantFrom("sessiondb", "storage", "persistence");
  fc.assert(
    fc.property(layers, dialect, dialect, (said, repoDialect, userDialect) => {
      const world = new ConfigWorld();
      if (said.repository) world.repository(`${repoDialect}:\n  backend: ${said.repository}\n`);
      if (said.user) world.user(`${userDialect}:\n  backend: ${said.user}\n`);
      const config = world.load(said.environment ? { MINSKY_SESSIONDB_BACKEND: said.environment } : {});
      const all = { ...said, default: "jsonl" };
      const layer = LAYERS.find((name) => name in all) as keyof typeof all;
      expect(config.find("backend")).toMatchObject({ value: all[layer], source: { layer } });
      expect(config.candidates("backend").map(({ raw }) => raw)).toEqual(
        LAYERS.flatMap((name) => (name in all ? [all[name as keyof typeof all]] : [])),
      );
    }),
    { numRuns: 60 },
  );
});

describe("paths", () => {
  test("start at the repository's root, at the user's file, at the current folder", () => {
    const world = new ConfigWorld();
    expect(world.repository("sessiondb: {sqlite: {path: .minsky/s.db}}").load().find("sqlite.path")?.value).toBe(
      join(world.repo, ".minsky/s.db"),
    );
    world.repository("").user("sessiondb: {sqlite: {path: s.db}}");
    expect(world.load().find("sqlite.path")?.value).toBe(join(world.home, ".config/minsky/s.db"));
    expect(world.load({ MINSKY_SQLITE_PATH: "s.db" }).find("sqlite.path")?.value).toBe(join(world.repo, "sub/s.db"));
  });

  test("variables are expanded once, and nothing else is", () => {
    const world = new ConfigWorld().user(`sessiondb: {sqlite: {path: "${ref("A")}/$B/$(id)/\`id\`/${ref("B")}.db"}}`);
    const found = world.load({ A: "/a", B: ref("A") }).find("sqlite.path");
    expect(found?.value).toBe(`/a/$B/$(id)/\`id\`/${ref("A")}.db`);
  });

  test.each([
    [`${ref("NOPE")}/x`, "CONFIG_VARIABLE_UNDEFINED"],
    [`${ref("EMPTY")}/x`, "CONFIG_VARIABLE_UNDEFINED"],
    [ref(""), "CONFIG_VALUE_INVALID"],
    [ref("A B"), "CONFIG_VALUE_INVALID"],
    [ref("A:-b"), "CONFIG_VALUE_INVALID"],
    ["x$" + "{", "CONFIG_VALUE_INVALID"],
  ])("%j names no variable that is set: %s", (path, code) => {
    const world = new ConfigWorld().user(`sessiondb:\n  sqlite:\n    path: "${path}"\n`);
    expect(codeOf(() => world.load({ EMPTY: "" }).find("sqlite.path"))).toBe(code);
  });

  test("a variable that is missing is no error where its setting is not used, and names itself where it is", () => {
    const world = new ConfigWorld().user(`sessiondb: {connectionString: "${ref("NOPE_URL")}", backend: sqlite}`);
    expect(world.load().find("backend")?.value).toBe("sqlite");
    expect(() => world.load().find("postgres.connectionString")).toThrow(/config\.yaml:1.*NOPE_URL/);
  });

  test("a relative XDG folder is ignored", () => {
    const world = new ConfigWorld().user("sessiondb: {backend: sqlite}");
    expect(world.load({ XDG_CONFIG_HOME: "etc" }).find("backend")?.value).toBe("sqlite");
  });
});

describe("the repository's file", () => {
  test("is found upwards, as far as the root of the repository", () => {
    const world = new ConfigWorld().repository("sessiondb: {backend: sqlite}");
    const backend = (cwd: string) => loadConfig({ cwd, env: world.env() }).find("backend")?.value;
    mkdirSync(join(world.repo, "a/inner/.git"), { recursive: true });
    expect(["", "sub", "a", "a/inner"].map((folder) => backend(join(world.repo, folder)))).toEqual([
      "sqlite",
      "sqlite",
      "sqlite",
      "jsonl",
    ]);
  });

  test("needs no repository, and is not searched above the home folder", () => {
    const top = realpathSync(tempDir());
    const home = join(top, "home");
    for (const folder of [join(home, "a/b"), join(top, ".minsky")]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(top, ".minsky/config.yaml"), "sessiondb: {backend: sqlite}");
    const backend = () => loadConfig({ cwd: join(home, "a/b"), env: { HOME: home } }).find("backend")?.value;
    expect(backend()).toBe("jsonl");
    mkdirSync(join(home, "a/.minsky"));
    writeFileSync(join(home, "a/.minsky/config.yaml"), "sessiondb: {backend: sqlite}");
    expect(backend()).toBe("sqlite");
  });
});

test("a file with a password that others can read is warned of, with the chmod to type", () => {
  const text = `sessiondb:\n  connectionString: postgres://u:hunter2@h/d\n`;
  const warningsOf = (content: string, mode: number, env: Variables = {}) =>
    new ConfigWorld().user(content, mode).load(env).warnings.join();
  expect(warningsOf(text, 0o644)).toMatch(/chmod 600 \/.*config\.yaml/);
  expect(warningsOf(text, 0o644)).not.toContain("hunter2");
  for (const [content, mode] of [
    [text, 0o600],
    [text.replace("hunter2", ref("P")), 0o644],
    ["", 0o644],
  ] as const) {
    expect(warningsOf(content, mode, { P: "x" })).toBe("");
  }
});
