import { readdirSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { type PostgresRoles, postgresRoles, postgresRolesSql } from "../../src/log/postgres-roles.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { asUser, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const EVENT = { stream: "session-a", events: [{ type: "test.happened", data: {} }] };

let url = "";
let schema = "";
let admin: pg.Client;
let [owner, writer, reader] = ["", "", ""];

beforeAll(async () => {
  url = await freshPostgresUrl();
  schema = schemaOf(url);
  admin = await openAdmin(url);
  const roles = postgresRoles(`r_${schema.slice(-12)}`);
  await admin.query(postgresRolesSql(schema, `r_${schema.slice(-12)}`));
  cleanUp(async () => {
    await dropRoles(roles);
  });
  // As the page says: the owner opens it, and the same SQL is run again.
  const log = await PostgresLog.open(asUser(url, roles.owner));
  await log.append(EVENT, ACTOR);
  await log.close();
  await admin.query(postgresRolesSql(schema, `r_${schema.slice(-12)}`));
  [owner, writer, reader] = [roles.owner, roles.writer, roles.reader];
});

async function dropRoles({ owner, writer, reader }: PostgresRoles): Promise<void> {
  await admin.query(`DROP OWNED BY ${owner} CASCADE; DROP OWNED BY ${writer}, ${reader} CASCADE`);
  await admin.query(`DROP ROLE ${owner}, ${writer}, ${reader}`);
}

function cli(user: string, ...args: string[]) {
  return runCli(args, { cwd: tempDir(), env: { SESSIONDB_STORE: asUser(url, user) } });
}

async function stateOf(user: string, sql: string): Promise<string> {
  const client = await openAdmin(asUser(url, user));
  return client.query(sql).then(
    () => "done",
    (error) => error.code,
  );
}

/** What would change or remove what was written. */
const DESTRUCTIVE: Array<[string, (table: string) => string]> = [
  ["UPDATE", (events) => `UPDATE ${events} SET data = '0' WHERE "offset" = 1`],
  ["DELETE", (events) => `DELETE FROM ${events}`],
  ["DELETE with the setting of a cut", (events) => `SET sessiondb.allow_change = 'on'; DELETE FROM ${events}`],
  ["TRUNCATE", (events) => `TRUNCATE ${events}`],
  [
    "ON CONFLICT",
    (events) => `INSERT INTO ${events} SELECT * FROM ${events} ON CONFLICT ("offset") DO UPDATE SET data = '0'`,
  ],
  ["MERGE", (events) => `MERGE INTO ${events} e USING ${events} f ON e."offset" = f."offset" WHEN MATCHED THEN DELETE`],
  ["DROP TABLE", (events) => `DROP TABLE ${events}`],
  ["ALTER TABLE", (events) => `ALTER TABLE ${events} ADD COLUMN x int`],
  ["disabling triggers", (events) => `ALTER TABLE ${events} DISABLE TRIGGER ALL`],
  ["disabling triggers by a setting", () => "SET session_replication_role = 'replica'"],
  ["CREATE TRIGGER", (events) => `CREATE TRIGGER x BEFORE INSERT ON ${events} EXECUTE FUNCTION ${schemaFn(events)}()`],
  ["CREATE RULE", (events) => `CREATE RULE x AS ON INSERT TO ${events} DO INSTEAD NOTHING`],
  ["CREATE TABLE", (events) => `CREATE TABLE ${events}_2 (x int)`],
  ["CREATE INDEX", (events) => `CREATE INDEX ON ${events} (hash)`],
  ["CREATE SCHEMA", () => "CREATE SCHEMA mine"],
  [
    "replacing the function of the trigger",
    (events) =>
      `CREATE OR REPLACE FUNCTION ${schemaFn(events)}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
  ],
  ["LOCK against readers", (events) => `BEGIN; LOCK TABLE ${events} IN ACCESS EXCLUSIVE MODE`],
  ["becoming the owner", () => `SET ROLE ${owner}`],
  ["the sidecar", (events) => `DELETE FROM ${events.replace(".events", ".sidecar")}`],
  ["the register", (events) => `UPDATE ${events.replace(".events", ".read_models")} SET "offset" = 0`],
  ["the list of migrations", (events) => `DELETE FROM ${events.replace(".events", ".schema_migrations")}`],
];

function schemaFn(events: string): string {
  return events.replace(".events", ".refuse_change");
}

describe("the server refuses the writer", () => {
  test.each(DESTRUCTIVE)("%s", async (_what, sql) => {
    expect(await stateOf(writer, sql(`${schema}.events`))).toBe("42501");
  });
});

describe("the server refuses the reader", () => {
  const INSERT: [string, (table: string) => string] = [
    "INSERT",
    (events) => `INSERT INTO ${events} SELECT * FROM ${events}`,
  ];
  test.each([...DESTRUCTIVE, INSERT])("%s", async (_what, sql) => {
    expect(await stateOf(reader, sql(`${schema}.events`))).toBe("42501");
  });
});

describe("the program works", () => {
  test("as the writer: sessions are started, changed, asked for, undone, and the log verifies", async () => {
    for (const line of [
      ["session", "start", "a"],
      ["session", "update", "a", "--set", "branch=x"],
      ["mark", "add", "here"],
      ["undo"],
      ["session", "list"],
      ["session", "show", "a"],
      ["session", "search", "a"],
      ["audit"],
      ["status"],
      ["verify"],
      ["events", "tail", "--from", "0", "--until-idle", "1s"],
    ]) {
      const { code, stderr } = await cli(writer, ...line);
      expect([line.join(" "), code, code === 0 ? "" : stderr]).toEqual([line.join(" "), 0, ""]);
    }
  });

  test("as the reader: it sees what the writer appended, also where the owner's read models lag behind", async () => {
    expect((await cli(owner, "session", "list")).code).toBe(0);
    await cli(writer, "session", "start", "later", "--branch", "b");
    const { code, stdout, stderr } = await cli(reader, "session", "list", "--json=session");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain('"later"');
    for (const line of [
      ["session", "show", "later"],
      ["session", "search", "later"],
      ["verify"],
      ["projection", "list"],
    ]) {
      expect((await cli(reader, ...line)).code, line.join(" ")).toBe(0);
    }
  });

  test("as the reader it says what it may not do, with a code, and nothing is written", async () => {
    const before = await admin.query(`SELECT count(*) FROM ${schema}.events`);
    const { code, stdout, stderr } = await cli(reader, "session", "start", "b");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error PERMISSION_DENIED: /m);
    const log = await openPostgres(asUser(url, reader));
    await expect(log.append(EVENT, ACTOR)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(log.sidecar.write("a/b", "x")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect((await admin.query(`SELECT count(*) FROM ${schema}.events`)).rows).toEqual(before.rows);
  });

  test("doctor says of the writer that it may append, and of the reader that it may not", async () => {
    const room = async (user: string) => {
      const { stdout } = await cli(user, "doctor", "--json");
      return JSON.parse(stdout).items.find(({ check }: { check: string }) => check === "room");
    };
    expect(await room(writer)).toMatchObject({ code: "appends-only", severity: "ok" });
    expect(await room(reader)).toMatchObject({ code: "read-only", severity: "warn" });
    expect(await room(owner)).toMatchObject({ code: "writable", severity: "ok" });
  });

  test("tables for SQL tools that may not be brought up are no success", async () => {
    await cli(writer, "collab", "create", "c");
    for (const user of [writer, reader]) {
      const { code, stdout, stderr } = await cli(user, "collab", "refresh");
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^error PERMISSION_DENIED: /m);
    }
    expect((await cli(owner, "collab", "refresh")).code).toBe(0);
    expect((await admin.query(`SELECT id FROM ${schema}.collab_sessions`)).rows).toEqual([{ id: "c" }]);
  });

  test("as the writer it cannot cut back, freeze or load; as the owner it can", async () => {
    const log = await openPostgres(asUser(url, writer));
    const tail = await log.tail();
    await expect(log.truncateAfter(1, tail)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(log.freeze("sqlite:x.db")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await log.tail()).toEqual(tail);
    const owned = await openPostgres(asUser(url, owner));
    await owned.append(EVENT, ACTOR);
    expect(await owned.truncateAfter(tail.offset, await owned.tail())).toEqual(tail);
    expect((await verifyLog(owned)).ok).toBe(true);
  });

  test.each(["writer", "reader"])(
    "as the %s of tables of an older version it changes nothing and says who can",
    async (role) => {
      const old = await freshPostgresUrl();
      await openPostgres(old);
      const [oldSchema, prefix] = [schemaOf(old), `o_${schemaOf(old).slice(-12)}`];
      const roles = postgresRoles(prefix);
      await admin.query(postgresRolesSql(oldSchema, prefix));
      cleanUp(async () => {
        await dropRoles(roles);
      });
      await admin.query(`DELETE FROM ${oldSchema}.schema_migrations WHERE name LIKE '0003%'`);
      const user = role === "writer" ? roles.writer : roles.reader;
      const error = await PostgresLog.open(asUser(old, user)).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "PERMISSION_DENIED", hint: expect.stringContaining("owner") });
      await openPostgres(asUser(old, user), { readOnly: true, mustExist: true });
    },
  );
});

test("roles prints what is run here, and runs nothing", async () => {
  const { stdout } = await runCli(["roles", "--sql", "--schema", "s", "--prefix", "p"], { cwd: tempDir() });
  expect(stdout).toBe(postgresRolesSql("s", "p"));
  const { code, stderr } = await runCli(["roles", "--prefix", "x; DROP"], { cwd: tempDir() });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^error ARGUMENT_INVALID/)]);
});

describe("archives", () => {
  test("are made and put back by the owner only; the writer and the reader are refused before a file is written", {
    timeout: 120_000,
  }, async () => {
    const folder = tempDir();
    const owned = await openLog(asUser(url, owner));
    for (let i = 0; i < 3; i++) await owned.append(EVENT, ACTOR);
    await owned.close();
    const before = ["archive", "--before", "HEAD", "--json"];
    for (const user of [writer, reader]) {
      for (const args of [
        [...before, "--dry-run"],
        [...before, "--to", join(folder, `${user}.gz`)],
      ]) {
        const { code, stderr } = await cli(user, ...args);
        expect([code, JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error.code]).toEqual([2, "PERMISSION_DENIED"]);
      }
    }
    expect(readdirSync(folder)).toEqual([]);
    const file = join(folder, "a.jsonl.gz");
    const made = await cli(owner, ...before, "--to", file);
    expect(made.code, made.stderr).toBe(0);
    const { to } = JSON.parse(made.stdout) as { to: number };
    expect((await cli(writer, "archive", "restore", file)).stderr).toContain("PERMISSION_DENIED");

    const log = await openLog(asUser(url, writer));
    const fresh = log.append({ ...EVENT, expectedVersion: 0 }, ACTOR);
    await expect(fresh).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
    const { events } = await log.append(EVENT, ACTOR);
    expect(events[0]?.offset).toBeGreaterThan(to);
    expect((await verifyLog(log)).ok).toBe(true);
    await log.close();
    const asReader = await openLog(asUser(url, reader), { readOnly: true });
    expect((await verifyLog(asReader)).ok).toBe(true);
    expect((await asReader.archives?.())?.length).toBe(1);
    await asReader.close();

    const back = await cli(owner, "archive", "restore", file);
    expect(back.code, back.stderr).toBe(0);
  });
});
