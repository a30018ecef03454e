import { describe, expect, test } from "vitest";
import { ForeignPostgres } from "../../src/log/sql/foreign/foreign-postgres.js";
import { readMinskyPostgres } from "../../src/open-foreign.js";
import { LEGACY_TABLES } from "../fixtures/legacy-tables.js";
import { asUser, openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";

/** A schema with tables made by `sql`. @returns the address that names it */
async function database(sql: string): Promise<string> {
  const url = await freshPostgresUrl();
  const schema = schemaOf(url);
  const admin = await openAdmin(withoutSchema(url));
  await admin.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema}; ${sql}`);
  return url;
}

function withoutSchema(url: string): string {
  const plain = new URL(url);
  plain.searchParams.delete("schema");
  return plain.href;
}

describe("every era of the table is read", () => {
  test.each(LEGACY_TABLES.map((table) => [table.era, table] as const))("%s", async (_era, { sql, style, records }) => {
    const url = await database(sql);
    const source = await readMinskyPostgres(url);
    expect(source.layout).toBe(`table ${schemaOf(url)}.sessions, ${style}`);
    expect(source.records.map(({ record }) => record)).toEqual(records);
  });
});

test("numbers that JSON has not are text, and are told; others are the same number however the server prints them", async () => {
  const url =
    await database(`CREATE TABLE sessions (session text, commit_count bigint, f float8, g real, n numeric, j jsonb);
    INSERT INTO sessions VALUES ('a', 9223372036854775807, 'NaN', '-Infinity', 12345678901234567890, '{"n":12345678901234567890}'),
      ('b', -5, 1e300, 1e-7, 1.50, '{"n":1}'), ('c', 0, '-0', 0.1, 'NaN', 'null');`);
  const { records } = await readMinskyPostgres(url);
  expect(records.map(({ record }) => record)).toEqual([
    {
      session: "a",
      commitCount: "9223372036854775807",
      f: "NaN",
      g: "-Infinity",
      n: "12345678901234567890",
      j: { n: "12345678901234567890" },
    },
    { session: "b", commitCount: -5, f: 1e300, g: 1e-7, n: 1.5, j: { n: 1 } },
    { session: "c", commitCount: 0, f: -0, g: 0.1, n: "NaN", j: null },
  ]);
  const told = ({ repairs = [] }: { repairs?: readonly string[] }) => repairs.map((why) => why.split(" ")[0]);
  expect(records.map(told)).toEqual([["commit_count", "f", "g", "n", "j"], [], ["n"]]);
});

test("arrays and domains are read as what they are made of", async () => {
  const url =
    await database(`CREATE TYPE mood AS ENUM ('low', 'high'); CREATE DOMAIN doc AS jsonb; CREATE DOMAIN deep AS doc;
    CREATE DOMAIN id AS text CHECK (VALUE <> ''); CREATE DOMAIN ids AS int[];
    CREATE TABLE sessions (session id, i int[], n numeric[], b bool[], j jsonb[], t timestamptz[], m mood[], two text[][], d deep, ds ids);
    INSERT INTO sessions VALUES ('a', '{1,NULL}', '{1.50,NaN}', '{t,f}', ARRAY['{"x":[1]}', NULL]::jsonb[],
      '{"2025-06-01 12:00+02"}', '{low,high}', '{{a,"b,c"},{NULL,"NULL"}}', '{"y":2}', '[0:1]={7,8}')`);
  const { records } = await readMinskyPostgres(url);
  expect(records[0]?.record).toEqual({
    session: "a",
    i: [1, null],
    n: [1.5, "NaN"],
    b: [true, false],
    j: [{ x: [1] }, null],
    t: ["2025-06-01T10:00:00.000Z"],
    m: ["low", "high"],
    two: [
      ["a", "b,c"],
      [null, "NULL"],
    ],
    d: { y: 2 },
    ds: [7, 8],
  });
});

test("columns are what they are, however a role has the names of types printed", async () => {
  const url = await database(`CREATE TABLE sessions (session text, metadata jsonb, parts json[]);
    INSERT INTO sessions VALUES ('a', '{"n":1}', ARRAY['{"x":[1]}']::json[])`);
  const [admin, user] = [await openAdmin(withoutSchema(url)), `q_${schemaOf(url)}`];
  await admin.query(`CREATE ROLE ${user} LOGIN SUPERUSER; ALTER ROLE ${user} SET quote_all_identifiers = on`);
  cleanUp(async () => {
    await admin.query(`DROP ROLE ${user}`);
  });
  const { records } = await readMinskyPostgres(asUser(url, user));
  expect(records[0]?.record).toEqual({ session: "a", metadata: { n: 1 }, parts: [{ x: [1] }] });
});

test("a table of the same name in another schema is told, not passed over", async () => {
  const url = await database("CREATE TABLE sessions (session text)");
  const schema = schemaOf(url);
  const admin = await openAdmin(withoutSchema(url));
  await admin.query(`CREATE SCHEMA ${schema}_b; CREATE TABLE ${schema}_b.sessions (session text)`);
  const path = new URL(withoutSchema(url));
  path.searchParams.set("options", `-c search_path=${schema}`);
  expect((await readMinskyPostgres(url)).remarks).toEqual([]);
  const { layout, remarks } = await readMinskyPostgres(path.href);
  expect(layout).toContain(`${schema}.sessions`);
  expect(remarks).toEqual([expect.stringMatching(new RegExp(`^only ${schema}\\.sessions was read; \\?schema=`))]);
});

test("a table of another program says which others there are", async () => {
  const url = await database("CREATE TABLE sessions (id text)");
  const path = new URL(withoutSchema(url));
  path.searchParams.set("options", `-c search_path=${schemaOf(url)}`);
  const admin = await openAdmin(path.href);
  await admin.query(`CREATE SCHEMA ${schemaOf(url)}_b; CREATE TABLE ${schemaOf(url)}_b.sessions (session text)`);
  await expect(readMinskyPostgres(url)).rejects.toMatchObject({ hint: "the table belongs to another program" });
  const hint = expect.stringContaining("; there are others, which ?schema=NAME names: ");
  await expect(readMinskyPostgres(path.href)).rejects.toMatchObject({ hint });
});

test("a table and columns in capitals are found where none is written small", async () => {
  const url = await database(
    `CREATE TABLE "Sessions" ("Session" text, "createdAt" text); INSERT INTO "Sessions" VALUES ('a', 'c')`,
  );
  expect((await readMinskyPostgres(url)).records.map(({ record }) => record)).toEqual([
    { session: "a", createdAt: "c" },
  ]);
  const admin = await openAdmin(withoutSchema(url));
  await admin.query(`CREATE TABLE ${schemaOf(url)}.sessions (session text)`);
  expect((await readMinskyPostgres(url)).records).toEqual([]);
});

test("a schema of any name can be named: another program chose it", async () => {
  const url = new URL(await freshPostgresUrl());
  const name = `${schemaOf(url.href)} "My App"`;
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const admin = await openAdmin(withoutSchema(url.href));
  await admin.query(`CREATE SCHEMA ${quoted}; CREATE TABLE ${quoted}.sessions (session text, repo_name text);
    INSERT INTO ${quoted}.sessions VALUES ('a', 'r')`);
  url.searchParams.set("schema", name);
  const { layout, records } = await readMinskyPostgres(url.href);
  expect(layout).toContain(`table ${name}.sessions`);
  expect(records.map(({ record }) => record)).toEqual([{ session: "a", repoName: "r" }]);
});

test("types that the file formats have not: times, JSON, UUIDs, booleans, big numbers, arrays", async () => {
  const url = await database(`CREATE TABLE sessions (session varchar(255) PRIMARY KEY, created_at timestamptz,
      last_activity_at timestamp, project_id uuid, interface_binding text, short_id text, pr_approved boolean,
      pr_state jsonb, pull_request json, commit_count bigint, big numeric, tags text[], raw bytea, extra jsonb);
    INSERT INTO sessions VALUES ('a', '2025-06-01 12:00:00.123+02', '2025-06-01 10:00:00.123456',
      '0190a000-0000-7000-8000-000000000001', 'cli', 'a1', false, '{"exists":true,"n":1.50}', '{"number":7}', 3,
      9007199254740993.5, ARRAY['x', NULL, 'y,"z"'], '\\x6162', '[1]'),
      ('b', 'infinity', NULL, NULL, NULL, NULL, NULL, 'null', NULL, 9007199254740993, NULL, NULL, NULL, NULL);`);
  const { records } = await readMinskyPostgres(url);
  expect(records.map(({ record }) => record)).toEqual([
    {
      session: "a",
      createdAt: "2025-06-01T10:00:00.123Z",
      lastActivityAt: "2025-06-01T10:00:00.123456Z",
      projectId: "0190a000-0000-7000-8000-000000000001",
      interfaceBinding: "cli",
      shortId: "a1",
      prApproved: false,
      prState: { exists: true, n: 1.5 },
      pullRequest: { number: 7 },
      commitCount: 3,
      big: "9007199254740993.5",
      tags: ["x", null, 'y,"z"'],
      raw: "ab",
      extra: [1],
    },
    { session: "b", createdAt: "infinity", prState: null, commitCount: "9007199254740993" },
  ]);
});

test("many rows come in pages, each once, as of one instant, while others write", async () => {
  const url = await database(`CREATE TABLE sessions (session text PRIMARY KEY, branch text);
    INSERT INTO sessions SELECT 's' || i, repeat('x', CASE WHEN i = 7 THEN 9000000 ELSE 10 END) FROM generate_series(1, 1234) i`);
  const admin = await openAdmin(withoutSchema(url));
  const foreign = await ForeignPostgres.open(url);
  const table = await foreign.table(["sessions"]);
  await admin.query(`INSERT INTO ${schemaOf(url)}.sessions VALUES ('late', '')`);
  const ids: unknown[] = [];
  for await (const page of table?.pages() ?? []) ids.push(...page.map(([id]) => id));
  expect(ids).toEqual(Array.from({ length: 1234 }, (_, i) => `s${i + 1}`));
  await foreign.close();
  await foreign.close();
});

test("nothing can be written, and no lock stands in the way of a change of tables afterwards", async () => {
  const url = await database("CREATE TABLE sessions (session text)");
  await readMinskyPostgres(url);
  await (await openAdmin(withoutSchema(url))).query(`DROP TABLE ${schemaOf(url)}.sessions`);
  await expect(readMinskyPostgres(url)).rejects.toMatchObject({ code: "IMPORT_LAYOUT_UNKNOWN" });
});

test("rows that a policy hides are an error, not a shorter list", async () => {
  const url = await database(`CREATE TABLE sessions (session text); INSERT INTO sessions VALUES ('seen'), ('hidden');
    ALTER TABLE sessions ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON sessions USING (session = 'seen')`);
  const schema = schemaOf(url);
  const user = `${schema}_reader`;
  const admin = await openAdmin(withoutSchema(url));
  await admin.query(`CREATE ROLE ${user} LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA ${schema} TO ${user};
    GRANT SELECT ON ${schema}.sessions TO ${user}`);
  const read = () => readMinskyPostgres(asUser(url, user, "pw"));
  const denied = (hint: string) => ({ code: "PERMISSION_DENIED", hint: expect.stringContaining(hint) });
  await expect(read()).rejects.toMatchObject(denied("BYPASSRLS"));
  await admin.query(`ALTER ROLE ${user} BYPASSRLS`);
  expect((await read()).records).toHaveLength(2);
  await admin.query(`REVOKE SELECT ON ${schema}.sessions FROM ${user}`);
  await expect(read()).rejects.toMatchObject(denied("GRANT SELECT ON ALL TABLES"));
  await admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
});

test.each<[string, string, string]>([
  ["no table", "CREATE TABLE other (x int)", "IMPORT_LAYOUT_UNKNOWN"],
  ["a view", "CREATE VIEW sessions AS SELECT 1 AS session", "IMPORT_LAYOUT_UNKNOWN"],
  ["a table of another program", "CREATE TABLE sessions (id text, title text)", "IMPORT_LAYOUT_UNKNOWN"],
])("%s is an error, never an empty list", async (_what, sql, code) => {
  await expect(readMinskyPostgres(await database(sql))).rejects.toMatchObject({ code });
});

test("no message has the password", async () => {
  const url = "postgres://minsky:pa55word@127.0.0.1:1/minsky";
  const error = await readMinskyPostgres(url).catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({ code: "CONNECT_REFUSED" });
  expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain("pa55word");
  await expect(readMinskyPostgres("host=x password=pa55word")).rejects.toMatchObject({
    code: "STORE_URL_INVALID",
    message: expect.not.stringContaining("pa55word"),
  });
});
