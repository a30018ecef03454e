import { appendFileSync, existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import { ACTOR } from "../../src/conformance/target.js";
import { type StoreSizes, storeSizes } from "../../src/inspect/store-sizes.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { SessionStore } from "../../src/session/session-store.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { SHARED_STORES } from "../support/stores.js";
import { tempDir } from "../support/temp.js";

/** A session, its read model, and 20,000 characters of a past state. */
async function filled(url: string): Promise<void> {
  const log = await openLog(url);
  await new SessionStore(log, ACTOR).create({ session: "auth" });
  await new ReadModel(log, sessions).query();
  await log.sidecar.write("snapshots/x-r1/0001", "é".repeat(10_000));
  await log.sidecar.write("journal/x", "y".repeat(3_000));
  await log.close();
}

function part(sizes: StoreSizes | null, name: string): number {
  return sizes?.parts.find((one) => one.part === name)?.bytes ?? Number.NaN;
}

describe.each(SHARED_STORES)("%s", (name, fresh) => {
  test("tells the parts, and they add up", async () => {
    const url = await fresh();
    await filled(url);
    const sizes = await storeSizes(url);
    expect(sizes?.parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(sizes?.bytes);
    expect(sizes?.parts.filter(({ bytes }) => !Number.isSafeInteger(bytes) || bytes < 0)).toEqual([]);
    expect(part(sizes, "log")).toBeGreaterThan(0);
    // Postgres keeps long texts compressed.
    expect(part(sizes, "snapshots")).toBeGreaterThanOrEqual(name === "postgres" ? 100 : 20_000);
    if (name !== "jsonl") expect(part(sizes, "read-models")).toBeGreaterThan(0);
  });

  test("a log that grows is larger than before, by what was written at least", async () => {
    const url = await fresh();
    await filled(url);
    const before = await storeSizes(url);
    const log = await openLog(url);
    const data = Array.from({ length: 4_000 }, (_, i) => `${i * 7919}`);
    for (let i = 0; i < 10; i++) await log.append({ stream: "a", events: [{ type: "x", data }] }, ACTOR);
    await log.close();
    const after = await storeSizes(url);
    expect(part(after, "log") - part(before, "log")).toBeGreaterThan(name === "postgres" ? 50_000 : 200_000);
  });

  test("where there is no store, that is an error and nothing is made", async () => {
    const url = await fresh();
    await expect(storeSizes(url)).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
    await expect(storeSizes(url)).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
  });
});

test("the parts of a JSONL store are the bytes of its files", async () => {
  const folder = tempDir();
  const path = join(folder, "s.jsonl");
  await filled(`jsonl:${path}`);
  appendFileSync(`${path}.torn-20260131`, "1234567");
  writeFileSync(join(`${path}.sidecar`, "snapshots", ".tmp-ab"), "12345");
  const sizes = await storeSizes(`jsonl:${path}`);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => statSync(join(folder, name)));
  expect(sizes?.bytes).toBe(files.reduce((sum, one) => sum + (one.isFile() ? one.size : 0), 0));
  expect(part(sizes, "log")).toBe(statSync(path).size);
  expect(part(sizes, "leftovers")).toBe(12);
  expect(part(sizes, "sidecar")).toBeGreaterThanOrEqual(3_000);
});

test("every page of a SQLite database is somebody's, also while it is written to", async () => {
  const path = join(tempDir(), "s.db");
  await filled(`sqlite:${path}`);
  const log = await openLog(`sqlite:${path}`);
  await log.sidecar.remove("snapshots/x-r1/0001");
  await log.append({ stream: "a", events: [{ type: "x", data: "z".repeat(50_000) }] }, ACTOR);
  const sizes = await storeSizes(`sqlite:${path}`);
  const db = new Database(path, { readonly: true });
  const pages = (db.pragma("page_count", { simple: true }) as number) * 4_096;
  db.close();
  expect((sizes?.bytes ?? 0) - part(sizes, "wal")).toBe(pages);
  expect(part(sizes, "wal")).toBe(statSync(`${path}-wal`).size);
  expect(part(sizes, "wal")).toBeGreaterThan(50_000);
  await log.close();
  expect(part(await storeSizes(`sqlite:${path}`), "wal")).toBe(0);
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test("the parts of a Postgres store are what its schema takes on the server", async () => {
  const url = await freshPostgresUrl();
  await filled(url);
  const sizes = await storeSizes(url);
  const admin = await openAdmin(url);
  const { rows } = await admin.query(
    `SELECT sum(pg_total_relation_size(c.oid))::int AS bytes FROM pg_class c
     WHERE c.relkind = 'r' AND c.relnamespace = $1::regnamespace`,
    [schemaOf(url)],
  );
  expect(sizes?.bytes).toBe(rows[0].bytes);
});

test("a folder in the place of a store is an error, and no empty store", async () => {
  const folder = tempDir();
  await expect(storeSizes(`jsonl:${folder}`)).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
  await expect(storeSizes(`sqlite:${folder}`)).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
});

test("the file of another program is refused, and a log in memory has no size", async () => {
  const path = join(tempDir(), "other.db");
  const db = new Database(path);
  db.exec("CREATE TABLE t (a)");
  db.close();
  await expect(storeSizes(`sqlite:${path}`)).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
  expect(await storeSizes("memory:")).toBeNull();
});
