import { expect, test } from "vitest";
import { postgresRoles, postgresRolesSql } from "../../src/log/postgres-roles.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { asUser, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";
import { partitionsOf } from "./partitioned.js";

const ACTOR = { actor: "user:test" };
const EVENT = { stream: "session-a", events: [{ type: "test.happened", data: {} }] };

async function logOf(count: number) {
  const url = await freshPostgresUrl();
  const log = await openPostgres(url);
  for (let i = 0; i < count; i++) await log.append(EVENT, ACTOR);
  return { url, log, admin: await openAdmin(url), schema: schemaOf(url) };
}

test("views over the events go on to show all of them, with their rights and options", async () => {
  const { url, log, admin, schema } = await logOf(3);
  await admin.query(`CREATE VIEW ${schema}.mine WITH (security_barrier) AS SELECT "offset", hash FROM ${schema}.events;
    CREATE VIEW ${schema}.theirs AS SELECT max("offset") AS last FROM ${schema}.mine;
    CREATE VIEW ${schema}.wide AS SELECT e.*, f.hash AS other FROM ${schema}.events e JOIN ${schema}.events f USING ("offset");
    GRANT SELECT ON ${schema}.mine TO PUBLIC`);
  const facts = `SELECT relacl::text, reloptions FROM pg_class WHERE oid = '${schema}.mine'::regclass`;
  const before = (await admin.query(facts)).rows;
  await partitionsOf(url).partition({ events: 4 });
  for (let i = 0; i < 3; i++) await log.append(EVENT, ACTOR);
  expect((await admin.query(`SELECT last::int FROM ${schema}.theirs`)).rows).toEqual([{ last: 6 }]);
  expect((await admin.query(`SELECT count(*)::int AS n FROM ${schema}.wide`)).rows).toEqual([{ n: 6 }]);
  expect((await admin.query(facts)).rows).toEqual(before);
});

test("triggers of others fire for every partition, and stay switched off where they were", async () => {
  const { url, log, admin, schema } = await logOf(1);
  await admin.query(`CREATE TABLE ${schema}.heard (what text);
    CREATE FUNCTION ${schema}.hear() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO ${schema}.heard VALUES (TG_ARGV[0]); RETURN NULL; END $$;
    CREATE TRIGGER a AFTER INSERT ON ${schema}.events FOR EACH ROW EXECUTE FUNCTION ${schema}.hear('row');
    CREATE TRIGGER b AFTER INSERT ON ${schema}.events FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.hear('statement');
    CREATE TRIGGER c AFTER INSERT ON ${schema}.events FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.hear('off');
    ALTER TABLE ${schema}.events DISABLE TRIGGER c`);
  await partitionsOf(url).partition({ events: 2 });
  for (let i = 0; i < 3; i++) await log.append(EVENT, ACTOR);
  const { rows } = await admin.query(`SELECT what, count(*)::int AS n FROM ${schema}.heard GROUP BY 1 ORDER BY 1`);
  expect(rows).toEqual([
    { what: "row", n: 3 },
    { what: "statement", n: 3 },
  ]);
});

test("a frozen log stays frozen, and is thawed as before", async () => {
  const { url, log } = await logOf(2);
  await log.freeze("sqlite:other.db");
  await partitionsOf(url).partition({ events: 1 });
  await expect(log.append(EVENT, ACTOR)).rejects.toMatchObject({ name: "MovedError" });
  await log.thaw();
  await log.append(EVENT, ACTOR);
});

test.each<[string, (schema: string) => string]>([
  ["a materialized view", (schema) => `CREATE MATERIALIZED VIEW ${schema}.m AS SELECT "offset" FROM ${schema}.events`],
  ["a foreign key", (schema) => `CREATE TABLE ${schema}.notes (at bigint REFERENCES ${schema}.events)`],
  ["a publication", (schema) => `CREATE PUBLICATION p_${schema} FOR TABLE ${schema}.events`],
  ["a policy", (schema) => `CREATE POLICY p ON ${schema}.events USING (true)`],
  ["statistics", (schema) => `CREATE STATISTICS ${schema}.s ON stream, type FROM ${schema}.events`],
  [
    "a function with a parsed body",
    (schema) =>
      `CREATE FUNCTION ${schema}.f() RETURNS bigint BEGIN ATOMIC SELECT max("offset") FROM ${schema}.events; END`,
  ],
  ["a table that inherits", (schema) => `CREATE TABLE ${schema}.child () INHERITS (${schema}.events)`],
  ["a unique index", (schema) => `CREATE UNIQUE INDEX h ON ${schema}.events (hash)`],
  ["a rule", (schema) => `CREATE RULE r AS ON DELETE TO ${schema}.events DO INSTEAD NOTHING`],
  ["row level security", (schema) => `ALTER TABLE ${schema}.events ENABLE ROW LEVEL SECURITY`],
])("%s that belongs to the table is named, and nothing is changed", async (_what, sql) => {
  const { url, log, admin, schema } = await logOf(2);
  await admin.query(sql(schema));
  const partitions = partitionsOf(url);
  await expect(partitions.plan({ events: 2 })).rejects.toMatchObject({ code: "PARTITION_BLOCKED" });
  await expect(partitions.partition({ events: 2 })).rejects.toMatchObject({ code: "PARTITION_BLOCKED" });
  expect(await partitions.state()).toEqual({ offset: 2, partitions: [] });
  await log.append(EVENT, ACTOR);
});

test("an index of others is built for every partition", async () => {
  const { url, admin, schema } = await logOf(1);
  await admin.query(`CREATE INDEX mine ON ${schema}.events (type, recorded_at)`);
  await partitionsOf(url).partition({ events: 2, ahead: 2 });
  const { rows } = await admin.query(
    `SELECT tablename::text FROM pg_indexes WHERE schemaname = $1 AND indexdef LIKE '%(type, recorded_at)' ORDER BY 1`,
    [schema],
  );
  expect(rows.map(({ tablename }) => tablename)).toEqual(["events", "events_1", "events_3", "events_5"]);
});

test("every partition refuses to be changed, cut or emptied by hand", async () => {
  const { url, log, admin, schema } = await logOf(2);
  await partitionsOf(url).partition({ events: 2 });
  for (let i = 0; i < 3; i++) await log.append(EVENT, ACTOR);
  for (const table of ["events", "events_1", "events_3"]) {
    for (const sql of [
      `UPDATE ${schema}.${table} SET data = '0'`,
      `DELETE FROM ${schema}.${table}`,
      `TRUNCATE ${schema}.${table}`,
    ]) {
      await expect(admin.query(sql), sql).rejects.toMatchObject({ code: "23001" });
    }
  }
  expect((await log.tail()).offset).toBe(5);
});

test("roles keep their rights, none of them can write past the table of all partitions, and only the owner makes them", async () => {
  const { url, admin, schema } = await logOf(2);
  const prefix = `p_${schema.slice(-12)}`;
  const { owner, writer, reader } = postgresRoles(prefix);
  await admin.query(postgresRolesSql(schema, prefix));
  cleanUp(async () => {
    await admin.query(`DROP OWNED BY ${owner} CASCADE; DROP OWNED BY ${writer}, ${reader} CASCADE`);
    await admin.query(`DROP ROLE ${owner}, ${writer}, ${reader}`);
  });
  for (const user of [writer, reader]) {
    await expect(partitionsOf(asUser(url, user)).partition({ events: 2 })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
  }
  await partitionsOf(asUser(url, owner)).partition({ events: 2 });
  const log = await openPostgres(asUser(url, writer));
  for (let i = 0; i < 3; i++) await log.append(EVENT, ACTOR);
  for (const round of ["before", "after"]) {
    for (const user of [writer, reader]) {
      const client = await openAdmin(asUser(url, user));
      expect((await client.query(`SELECT count(*)::int AS n FROM ${schema}.events`)).rows[0].n, round).toBe(5);
      for (const table of ["events_1", "events_3", "events_5"]) {
        for (const sql of [
          `INSERT INTO ${schema}.${table} SELECT * FROM ${schema}.events`,
          `DELETE FROM ${schema}.${table}`,
          `TRUNCATE ${schema}.${table}`,
          `DROP TABLE ${schema}.${table}`,
          `ALTER TABLE ${schema}.events DETACH PARTITION ${schema}.${table}`,
        ]) {
          await expect(client.query(sql), sql).rejects.toMatchObject({ code: "42501" });
        }
      }
    }
    await admin.query(postgresRolesSql(schema, prefix));
  }
});
