import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { encode as pack } from "@msgpack/msgpack";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import type { WebSessionRecord } from "../../src/import/web-session.js";
import { type ForeignRead, readConnectPgSimple, readTowerSessions } from "../../src/open-foreign.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

/** The vector of the format's description. */
const SID = "Dw4NDAsKCQgHBgUEAwIBAA";
const DATA = Buffer.from(
  "93c410000102030405060708090a0b0c0d0e0f81a7757365725f6964a9746573742d7573657299cd07ea370a1e0fce075bcd15000000",
  "hex",
);
const AT = "2026-02-24T10:30:15.123456789Z";

async function all({ records, report }: ForeignRead<WebSessionRecord>) {
  const found: WebSessionRecord[] = [];
  for await (const record of records) found.push(record);
  return { found, report, whys: report.notes.map(({ kind, why }) => `${kind}: ${why}`) };
}

function tower(rows: readonly unknown[][], columns = "id TEXT PRIMARY KEY, data BLOB, expiry_date INTEGER") {
  const file = join(tempDir(), "app.db");
  const db = new Database(file);
  db.exec(`CREATE TABLE tower_sessions (${columns})`);
  for (const row of rows)
    db.prepare(`INSERT INTO tower_sessions VALUES (${row.map(() => "?").join(", ")})`).run(...row);
  db.close();
  return all(readTowerSessions(file));
}

function packed(
  data: object,
  expiry: unknown = [2026, 55, 10, 30, 15, 0, 0, 0, 0],
): { sid: string; bytes: Uint8Array } {
  const id = randomBytes(16);
  return { sid: Buffer.from(id).reverse().toString("base64url"), bytes: pack([id, data, expiry]) };
}

describe("tower-sessions in SQLite", () => {
  test.each<[string, unknown]>([
    ["text with a zone", AT],
    ["text as sqlx writes it", "2026-02-24 10:30:15.123456789+00:00"],
    ["the same time in another zone", "2026-02-24T11:30:15+01:00"],
    ["seconds since 1970", 1771929015],
    ["milliseconds since 1970", 1771929015123],
    ["microseconds since 1970", 1771929015123456],
  ])("the vector, its expiry_date being %s", async (_what, expiry) => {
    const { found, report } = await tower([[SID, DATA, expiry]]);
    expect(found).toEqual([{ sid: SID, data: { user_id: "test-user" }, expiresAt: AT, userId: "test-user" }]);
    expect(report).toMatchObject({ read: 1, repaired: 0, refused: 0, notes: [] });
  });

  test("the added column with the user's id", async () => {
    const { sid, bytes } = packed({});
    const { found } = await tower([[sid, bytes, AT, "ada"]], "id TEXT, data BLOB, expiry_date, user_id TEXT");
    expect(found).toEqual([{ sid, data: {}, expiresAt: "2026-02-24T10:30:15.000Z", userId: "ada" }]);
  });

  test("the time of expiry with an offset is brought to UTC", async () => {
    const { sid, bytes } = packed({}, [2024, 366, 23, 59, 59, 0, -1, -30, 0]);
    const { found } = await tower([[sid, bytes, "2025-01-01T01:29:59Z"]]);
    expect(found[0]?.expiresAt).toBe("2025-01-01T01:29:59.000Z");
  });

  test("microseconds alone are no end in the year 58121", async () => {
    const { found } = await tower([[packed({}).sid, packed({}, null).bytes, 1771929015123456]]);
    expect(found.map(({ expiresAt }) => expiresAt)).toEqual(["2026-02-24T10:30:15.123456Z"]);
  });

  test("columns that no session has a place for are told, once", async () => {
    const { sid, bytes } = packed({});
    const other = packed({});
    const { found, whys } = await tower(
      [
        ["10.0.0.1", sid, bytes, AT, "ada", "b"],
        ["10.0.0.2", other.sid, other.bytes, AT, "bob", "b"],
      ],
      'ip TEXT, "ID" TEXT PRIMARY KEY, Data BLOB, expiry_date, USER_ID TEXT, "user agent" TEXT',
    );
    expect(found.map(({ userId }) => userId)).toEqual(["ada", "bob"]);
    expect(whys.filter((why) => why.includes("columns"))).toEqual([
      "remark: columns that no session has a place for were left out: ip, user agent",
    ]);
  });

  test("a time of expiry that no clock shows is none: the column is taken", async () => {
    const { sid, bytes } = packed({}, [2026, 400, 25, 61, 61, 0, 0, 0, 0]);
    const { found, whys } = await tower([[sid, bytes, AT]]);
    expect(found[0]?.expiresAt).toBe(AT);
    expect(whys).toEqual(["repaired: inside it has no time of expiry; the column was taken"]);
  });

  test("an id inside that is another one stands in no report, either: it may be that of a session", async () => {
    const { bytes } = packed({});
    const { found, whys } = await tower([[SID, bytes, "2026-02-24T10:30:15Z"]]);
    expect(found[0]?.sid).toBe(SID);
    expect(whys).toEqual(["remark: inside it has another id; the column was taken"]);
  });

  test("numbers and bytes that JSON has not are told", async () => {
    const { sid, bytes } = packed({ n: Number.NaN, b: new Uint8Array([255]) });
    const { found, whys } = await tower([[sid, bytes, "2026-02-24T10:30:15Z"]]);
    expect(found[0]?.data).toEqual({ n: "NaN", b: { base64: "/w==" } });
    expect(whys).toEqual([
      "repaired: its data held numbers that JSON has not, or would round; they were taken as text",
      "repaired: its data held bytes; they were taken as base64",
    ]);
  });

  test("tokens are replaced, and stand in no report", async () => {
    const { sid, bytes } = packed({
      oauth_access_token: "at-secret",
      "keycloak:refresh_token": "rt-secret",
      nested: { id_token: { raw: "id-secret" } },
      theme: "dark",
    });
    const { found, report } = await tower([[sid, bytes, AT]]);
    expect(found[0]?.data).toEqual({
      oauth_access_token: "***",
      "keycloak:refresh_token": "***",
      nested: { id_token: { raw: "***" } },
      theme: "dark",
    });
    expect(report.repaired).toBe(1);
    expect(JSON.stringify([found, report])).not.toMatch(/(at|rt|id)-secret/);
  });

  test("rows that cannot be read are refused one by one, with the reason, and their ids are not told", async () => {
    const { sid, bytes } = packed({});
    const { found, report, whys } = await tower([
      ["a", Buffer.from("c1", "hex"), AT],
      ["b", "text", AT],
      ["c", pack([1, {}, []]), AT],
      ["d", packed({}, null).bytes, "whenever"],
      [sid, bytes, AT],
    ]);
    expect(found.map((one) => one.sid)).toEqual([sid]);
    expect(report).toMatchObject({ read: 5, refused: 4 });
    expect(whys).toEqual([
      expect.stringContaining("refused: its data are no MessagePack"),
      "refused: its data are no bytes",
      "refused: its data are not [id, map, expiry]",
      "refused: nothing says when it expires",
    ]);
    expect(report.notes.map(({ place }) => place)).toEqual([1, 2, 3, 4].map((row) => `tower_sessions row ${row}`));
  });

  test("a row that contradicts itself is read and told; without its own time the column's counts", async () => {
    const { found, report } = await tower([
      ["another", DATA, "2027-01-01T00:00:00Z"],
      [packed({}).sid, packed({}, null).bytes, "2027-01-01T00:00:00Z"],
    ]);
    expect(found.map(({ expiresAt }) => expiresAt)).toEqual([AT, "2027-01-01T00:00:00.000Z"]);
    expect(report).toMatchObject({ repaired: 1, refused: 0 });
    expect(report.notes.filter(({ kind }) => kind === "remark")).toHaveLength(3);
  });

  test("a table of another program is an error", async () => {
    await expect(tower([], "id TEXT, title TEXT")).rejects.toMatchObject({ code: "IMPORT_LAYOUT_UNKNOWN" });
  });
});

describe("in Postgres", () => {
  async function schema(sql: string): Promise<string> {
    const url = await freshPostgresUrl();
    const admin = await openAdmin(url);
    await admin.query(`CREATE SCHEMA ${schemaOf(url)}; SET search_path TO ${schemaOf(url)}; ${sql}`);
    return url;
  }

  test("tower-sessions", async () => {
    const url = await schema(`CREATE TABLE tower_sessions (id text PRIMARY KEY, data bytea, expiry_date timestamptz);
      INSERT INTO tower_sessions VALUES ('${SID}', '\\x${DATA.toString("hex")}', '${AT}')`);
    const { found, report } = await all(readTowerSessions(url));
    expect(found).toEqual([{ sid: SID, data: { user_id: "test-user" }, expiresAt: AT, userId: "test-user" }]);
    expect(report.notes).toEqual([]);
  });

  test("connect-pg-simple", async () => {
    const url =
      await schema(`CREATE TABLE "session" (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
      INSERT INTO "session" VALUES
        ('s1', '{"cookie":{"path":"/","expires":null},"passport":{"user":7},"access_token":"secret"}', '2026-02-24 10:30:15.5'),
        ('s2', '"no object"', '2026-02-24'), ('s3', '{"cookie":{}}', 'infinity')`);
    const { found, report, whys } = await all(readConnectPgSimple(url));
    expect(found).toEqual([
      {
        sid: "s1",
        data: { cookie: { path: "/", expires: null }, passport: { user: 7 }, access_token: "***" },
        expiresAt: "2026-02-24T10:30:15.500Z",
        userId: "7",
      },
    ]);
    expect(report).toMatchObject({ read: 3, repaired: 1, refused: 2 });
    expect(whys.slice(1)).toEqual(["refused: its sess is no JSON object", "refused: its expire is no time"]);
  });

  test("a column that is not of its store is told, and a table of the same name in another schema", async () => {
    const url = await schema(`CREATE TABLE session ("Sid" varchar, "Sess" jsonb, "Expire" timestamptz, user_id text)`);
    const other = `${schemaOf(url)}_b`;
    const path = new URL(url);
    path.searchParams.delete("schema");
    path.searchParams.set("options", `-c search_path=${schemaOf(url)}`);
    const admin = await openAdmin(path.href);
    await admin.query(`CREATE SCHEMA ${other}; CREATE TABLE ${other}.session (sid text)`);
    const told = "remark: columns that no session has a place for were left out: user_id";
    expect((await all(readConnectPgSimple(url))).whys).toEqual([told]);
    const { whys } = await all(readConnectPgSimple(path.href));
    expect(whys[0]).toBe(told);
    expect(whys[1]).toMatch(`remark: only ${schemaOf(url)}.session was read; --table names another one: `);
    expect((await all(readConnectPgSimple(path.href, { table: `${schemaOf(url)}.session` }))).whys).toEqual([told]);
  });

  test("the password of the address stands in no report", () => {
    expect(readTowerSessions("postgres://u:pa55@h/db").report.source).toBe("tower-sessions:postgres://u:***@h/db");
  });
});
