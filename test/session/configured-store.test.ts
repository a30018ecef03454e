import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { configuredStorage, configuredStore } from "../../src/session/configured-store.js";
import { createSessionProvider } from "../../src/session/create-session-provider.js";
import { StorageBackendFactory } from "../../src/session/storage-backend-factory.js";
import { storageAddress } from "../../src/session/storage-config.js";
import { ConfigWorld, codeOf } from "../config/config-world.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";

const SERVER = "backend: postgres, connectionString: postgres://ada@db/app";

describe("what is configured reaches the log that is opened", () => {
  test.each<[string, string, object]>([
    [
      "limits",
      `${SERVER}, lockTimeoutMs: 7, postgres: {maxConnections: 2, connectTimeout: 8, statementTimeout: 9}`,
      {
        url: "postgres://ada@db/app",
        options: { lockTimeoutMs: 7, maxConnections: 2, connectTimeoutMs: 8, statementTimeoutMs: 9 },
      },
    ],
    ["a schema", `${SERVER}, postgres: {schema: team}`, { url: "postgres://ada@db/app?schema=team" }],
    [
      "no schema where the address has one",
      `${SERVER}?schema=own, postgres: {schema: team}`,
      {
        url: "postgres://ada@db/app?schema=own",
      },
    ],
    ["ssl: true", `${SERVER}, postgres: {ssl: true}`, { url: "postgres://ada@db/app?sslmode=verify-full" }],
    [
      "ssl: require",
      `${SERVER}?schema=s, postgres: {ssl: require}`,
      {
        url: "postgres://ada@db/app?schema=s&sslmode=require&uselibpqcompat=true",
      },
    ],
    [
      "no ssl where the address speaks of it",
      `${SERVER}?sslmode=disable, postgres: {ssl: true}`,
      {
        url: "postgres://ada@db/app?sslmode=disable",
      },
    ],
    [
      "listenUrl, encrypted the same",
      `${SERVER}, postgres: {ssl: true, listenUrl: postgres://direct/app}`,
      {
        options: { listenUrl: "postgres://direct/app?sslmode=verify-full" },
      },
    ],
    [
      "readUrl, encrypted the same",
      `${SERVER}, postgres: {ssl: true, readUrl: postgres://standby/app}`,
      {
        options: { readUrl: "postgres://standby/app?sslmode=verify-full" },
      },
    ],
    ["SQLite's timeout", "backend: sqlite, sqlite: {timeout: 5, enableWAL: true}", { options: { lockTimeoutMs: 5 } }],
  ])("%s", (_name, text, expected) => {
    const config = new ConfigWorld().user(`sessiondb: {${text}}`).load();
    expect(configuredStore(config)).toMatchObject(expected);
    expect(storageAddress(configuredStorage(config))).toMatchObject(expected);
  });

  test("an address that was given whole keeps its own schema and ssl, and has the limits", () => {
    const world = new ConfigWorld().user(
      `sessiondb: {${SERVER}, postgres: {schema: team, ssl: true, maxConnections: 2}}`,
    );
    expect(configuredStore(world.load({}, "postgres://h/d"))).toEqual({
      url: "postgres://h/d",
      options: { maxConnections: 2 },
      source: { layer: "flag", name: "--store" },
      placeSource: { layer: "flag", name: "--store" },
    });
  });

  test("a CA file that is missing is a matter of configuration", () => {
    const codeFor = (ssl: string) =>
      codeOf(() => configuredStore(new ConfigWorld().user(`sessiondb: {${SERVER}, postgres: {ssl: ${ssl}}}`).load()));
    expect(codeFor("{ca: /nowhere.pem}")).toBe("STORAGE_CONFIG_INVALID");
    expect(codeFor("verify-ca")).toBe("STORAGE_CONFIG_INVALID");
  });

  test("a real server, in the configured schema", async () => {
    const url = new URL(await freshPostgresUrl());
    const schema = url.searchParams.get("schema") as string;
    url.searchParams.delete("schema");
    const world = new ConfigWorld().user(`sessiondb: {backend: postgres, postgres: {schema: ${schema}}}`);
    const store = configuredStore(world.load({ DATABASE_URL: url.href }));
    expect(store).toMatchObject({ source: { layer: "user" }, placeSource: { name: "DATABASE_URL" } });
    const log = await openLog(store.url, store.options);
    cleanUp(() => log.close());
    expect(log.url).toContain(`schema=${schema}`);
    expect((await log.tail()).offset).toBe(0);
  });

  test("a server without encryption is refused where encryption was asked for", async () => {
    const url = await freshPostgresUrl();
    for (const mode of ["require", "verify-full"]) {
      const world = new ConfigWorld().user(`sessiondb: {backend: postgres, postgres: {ssl: ${mode}}}`);
      const { url: address } = configuredStore(world.load({ MINSKY_POSTGRES_URL: url }));
      await expect(openLog(address)).rejects.toMatchObject({ code: "TLS_FAILED" });
    }
  });
});

test("a backend of a stronger layer counts before an address of a weaker one, and else the address", () => {
  const world = new ConfigWorld().user("sessiondb: {store: 'sqlite:/u.db', backend: json}");
  expect(configuredStore(world.load()).url).toBe("sqlite:/u.db");
  expect(configuredStore(world.load({ MINSKY_SESSIONDB_BACKEND: "json" })).url).toMatch(/^jsonl:.*session-db\.jsonl$/);
});

test("the library's storages and providers read the same layers", async () => {
  const world = new ConfigWorld().repository(
    "storage:\n  backend: sqlite\n  sqlite:\n    path: data/s.db\n  base_dir: git\n",
  );
  const workdir = join(world.repo, "sub");
  cleanUp(() => StorageBackendFactory.getInstance().closeAll());
  const storage = StorageBackendFactory.create(workdir);
  expect(storage.getStorageLocation()).toBe(join(world.repo, "data/s.db"));
  const provider = createSessionProvider({ workdir });
  await provider.addSession({ session: "a", repoName: "r", repoUrl: "u", createdAt: "2026-01-01T00:00:00.000Z" });
  expect((await storage.readState()).data).toMatchObject({
    sessions: [{ session: "a" }],
    baseDir: join(world.repo, "git"),
  });
});
