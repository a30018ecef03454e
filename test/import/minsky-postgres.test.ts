import { describe, expect, test } from "vitest";
import { ForeignPostgres } from "../../src/log/sql/foreign/foreign-postgres.js";
import { readMinskyPostgres } from "../../src/open-foreign.js";
import { LEGACY_TABLES } from "../fixtures/legacy-tables.js";
import { asUser, openAdmin, schemaOf } from "../postgres/open-postgres.js";
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
  await expect(readMinskyPostgres(asUser(url, user, "pw"))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
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
