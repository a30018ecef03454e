import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { loadConfig } from "../../src/config/layers.js";
import { configuredStorage } from "../../src/session/configured-store.js";
import { createSessionProvider } from "../../src/session/create-session-provider.js";
import { createStorageBackend } from "../../src/session/create-storage-backend.js";
import { defaultActor } from "../../src/session/default-actor.js";
import { StorageBackendFactory } from "../../src/session/storage-backend-factory.js";
import { type StorageConfig, storageAddress } from "../../src/session/storage-config.js";
import { taskIdMatch } from "../../src/session/task-id.js";
import { record } from "./records.js";

const folder = mkdtempSync(join(tmpdir(), "sessiondb-backend-"));
const factory = StorageBackendFactory.getInstance();

afterEach(() => factory.closeAll());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each<[string, StorageConfig, string]>([
  ["json by default", { backend: "json" }, "jsonl:/state/minsky/session-db.jsonl"],
  ["sqlite by default", { backend: "sqlite" }, "sqlite:/state/minsky/sessions.db"],
  ["a legacy json file", { backend: "json", json: { filePath: "~/x/s.json" } }, `jsonl:${homedir()}/x/s.jsonl`],
  ["a jsonl file", { backend: "jsonl", json: { filePath: "/x/s.jsonl" } }, "jsonl:/x/s.jsonl"],
  ["sqlite", { backend: "sqlite", sqlite: { dbPath: "/x/s.db", enableWAL: true } }, "sqlite:/x/s.db"],
  ["postgres", { backend: "postgresql", postgres: { connectionString: "postgres://h/d" } }, "postgres://h/d"],
])("%s", (_what, config, url) => {
  expect(storageAddress(config, { XDG_STATE_HOME: "/state" }).url).toBe(url);
});

test.each([
  ["CONNECTION_STRING_MISSING", { backend: "postgres" }],
  ["BACKEND_UNKNOWN", { backend: "mongo" }],
  ["STORAGE_CONFIG_INVALID", { backend: "sqlite", sqlite: { enableWAL: false } }],
] as [string, StorageConfig][])("%s: %j is refused", (code, config) => {
  expect(() => createStorageBackend(config)).toThrow(expect.objectContaining({ code }));
});

function storageConfigFromEnv(cwd: string, env: Record<string, string>): StorageConfig {
  return configuredStorage(loadConfig({ cwd, env: { HOME: folder, ...env } }));
}

test("the environment names a backend, the newest name first", () => {
  const env = { MINSKY_SESSION_BACKEND: "sqlite", MINSKY_STORAGE_BACKEND: "json", MINSKY_SQLITE_PATH: "rel/s.db" };
  expect(storageConfigFromEnv("/work", env)).toEqual({ backend: "sqlite", sqlite: { dbPath: "/work/rel/s.db" } });
  expect(storageConfigFromEnv("/work", {})).toEqual({
    backend: "jsonl",
    json: { filePath: join(folder, ".local/state/minsky/session-db.jsonl") },
  });
  const unknown = () => storageConfigFromEnv("/work", { MINSKY_STORAGE_BACKEND: "x" });
  expect(unknown).toThrow(expect.objectContaining({ code: "BACKEND_UNKNOWN" }));
});

test("SESSIONDB_STORE names the same store as on the command line", () => {
  const urlOf = (SESSIONDB_STORE: string) => storageAddress(storageConfigFromEnv("/work", { SESSIONDB_STORE })).url;
  const urls = ["jsonl:/x/s.jsonl", "sqlite:/x/s.db", "postgres://u:p@h:1/d?schema=x"];
  expect(urls.map(urlOf)).toEqual(urls);
  expect(["jsonl:s.jsonl", "s.jsonl", "JSONL:s.jsonl", "s.db"].map(urlOf)).toEqual([
    "jsonl:/work/s.jsonl",
    "jsonl:/work/s.jsonl",
    "jsonl:/work/s.jsonl",
    "sqlite:/work/s.db",
  ]);
  for (const bad of ["x", "jsonl:", "jsonl:/x/s.json", "mysql://u:pw@h/d"]) {
    expect(() => urlOf(bad)).toThrow(expect.objectContaining({ code: "STORAGE_CONFIG_INVALID" }));
  }
});

test("a legacy json file is never written to", async () => {
  const path = join(folder, "session-db.json");
  writeFileSync(path, '{"sessions":[]}');
  const storage = createStorageBackend({ backend: "json", json: { filePath: path }, actor: "ada" });
  expect(storage.getStorageLocation()).toBe(`${path}l`);
  expect(existsSync(`${path}l`)).toBe(false);
  expect(await storage.initialize()).toBe(true);
  expect(await storage.writeEntity(record("a"))).toMatchObject({ success: true });
  await storage.close();
  expect(readFileSync(path, "utf8")).toBe('{"sessions":[]}');
  expect(readFileSync(`${path}l`, "utf8")).toContain('"actor":"ada"');
});

test("a store that cannot be opened says why, each time, and works when it can", async () => {
  const path = join(folder, "wrong.db");
  writeFileSync(path, "this is no database, and long enough to be taken for one if nobody looks at its first bytes");
  const storage = createStorageBackend({ backend: "sqlite", sqlite: { dbPath: path } });
  await expect(storage.initialize()).rejects.toMatchObject({ code: "NOT_A_DATABASE" });
  expect(await storage.readState()).toMatchObject({ success: false, error: { code: "NOT_A_DATABASE" } });
  rmSync(path);
  expect(await storage.initialize()).toBe(true);
  await storage.close();
  expect(await storage.readState()).toMatchObject({ success: false, error: { code: "LOG_CLOSED" } });
});

test("one configuration gives one storage, until the cache is cleared", async () => {
  const config: StorageConfig = { backend: "json", json: { filePath: join(folder, "one.json") } };
  const first = factory.getBackend(config);
  expect(StorageBackendFactory.createFromConfig({ ...config })).toBe(first);
  expect(factory.getBackend({ ...config, baseDir: "/x" })).not.toBe(first);
  factory.clearCache();
  expect(factory.getBackend(config)).not.toBe(first);
  await factory.closeAll();
  await first.close();
});

test("the adapter answers the session provider's calls", async () => {
  const config: StorageConfig = { backend: "sqlite", sqlite: { dbPath: join(folder, "p.db") }, baseDir: "/base" };
  const provider = createSessionProvider({ config });
  await provider.addSession(record("task-md#1/x", { taskId: "md#001" }));
  await provider.addSession(record("b", { taskId: "#1", repoPath: "/repo/b" }));
  await provider.updateSession("b", { status: "ACTIVE" });
  expect((await provider.listSessions()).map(({ session }) => session)).toEqual(["task-md#1/x", "b"]);
  expect((await provider.getSession("b"))?.status).toBe("ACTIVE");
  expect(await provider.getSession("nope")).toBeNull();
  expect((await provider.getSessionByTaskId("1"))?.session).toBe("b");
  expect((await provider.getSessionByTaskId("md#1"))?.session).toBe("task-md#1/x");
  expect(await provider.getSessionByTaskId("2")).toBeNull();
  expect(await provider.getSessionWorkdir("b")).toBe("/repo/b");
  expect(await provider.getSessionWorkdir("task-md#1/x")).toBe("/base/sessions/task-md#1%2Fx");
  await expect(provider.getSessionWorkdir("nope")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await expect(provider.updateSession("nope", {})).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect([await provider.deleteSession("b"), await provider.deleteSession("b")]).toEqual([true, false]);
});

test.each<[string, string, number]>([
  ["#002", "#002", 3],
  ["#002", "2", 2],
  ["283", "md#283", 1],
  ["md#283", "MD#0283", 2],
  ["mt#12", "md#12", 1],
  ["task#064", "64", 2],
  ["", "", 0],
  ["abc", "abc", 3],
  ["1", "10", 0],
])("task ids %s and %s match by %i", (a, b, match) => {
  expect([taskIdMatch(a, b), taskIdMatch(b, a)]).toEqual([match, match]);
});

test("the actor comes from the environment, else it is user@host", () => {
  expect(defaultActor({ SESSIONDB_ACTOR: "agent:x", MINSKY_ACTOR: "y" })).toBe("agent:x");
  expect(defaultActor({ MINSKY_ACTOR: "y" })).toBe("y");
  expect(defaultActor({})).toMatch(/^.+@.+$/);
});
