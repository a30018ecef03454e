import type pg from "pg";
import { describe, expect, test } from "vitest";
import { schemaMigrationNames } from "../../migrations/list.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { asUser, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const append = (log: PostgresLog, data: unknown) =>
  log.append({ stream: "session-a", events: [{ type: "t", data }] }, ACTOR);

/** A log as a program of before 0003-no-head has left it, with events. */
async function olderLog(count: number): Promise<{ url: string; schema: string; admin: pg.Client }> {
  const url = await freshPostgresUrl();
  const [log, admin, schema] = [await openPostgres(url), await openAdmin(url), schemaOf(url)];
  for (let i = 0; i < count; i++) await append(log, i);
  const { offset, hash, recordedAt } = await log.tail();
  await log.close();
  await admin.query(`SET search_path = ${schema};
    DELETE FROM schema_migrations WHERE name >= '0003';
    DROP TABLE archives, archived_streams, archived_ids;
    DROP FUNCTION refuse_archived CASCADE;
    DROP PROCEDURE append_among_others; DROP FUNCTION append_answer, append_wait, append_events;
    DROP PROCEDURE claim_among_others; DROP FUNCTION claim_together, claim_answer, claim_tasks;
    DROP TABLE append_requests, claim_requests;
    CREATE TABLE log_head (one boolean PRIMARY KEY DEFAULT true CHECK (one), "offset" bigint NOT NULL,
      hash text NOT NULL, recorded_at text COLLATE "C" NOT NULL);
    INSERT INTO log_head ("offset", hash, recorded_at) VALUES (${offset}, '${hash}', '${recordedAt}')`);
  return { url, schema, admin };
}

const namesOf = async (admin: pg.Client) =>
  (await admin.query("SELECT name FROM schema_migrations ORDER BY name")).rows.map(({ name }) => name);

describe("a log whose tail stands in log_head", () => {
  test.each([0, 3])("keeps its %d events, and goes on", async (count) => {
    const { url, admin } = await olderLog(count);
    const logs = await Promise.all(Array.from({ length: 4 }, () => openPostgres(url)));
    const [log] = logs as [PostgresLog];
    expect((await log.tail()).offset).toBe(count);
    expect((await append(log, "next")).lastOffset).toBe(count + 1);
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: count + 1 });
    expect(await namesOf(admin)).toEqual(schemaMigrationNames("postgres"));
  });

  test("fails an older program that still has it open, which then cannot append beside the new lock", async () => {
    const { url, admin } = await olderLog(2);
    const older = await openAdmin(url);
    const text = `UPDATE ${schemaOf(url)}.log_head SET "offset" = $1 WHERE "offset" = $1`;
    await older.query({ name: "append", text, values: [2] });
    await admin.query(`BEGIN; SELECT 1 FROM log_head FOR UPDATE`);
    const opening = openPostgres(url);
    await admin.query("COMMIT");
    await opening;
    await expect(older.query({ name: "append", text, values: [2] })).rejects.toMatchObject({ code: "42P01" });
  });

  test("that does not fit the events is left as it is", async () => {
    const { url, admin } = await olderLog(3);
    await admin.query(`UPDATE log_head SET "offset" = 4`);
    await expect(PostgresLog.open(url)).rejects.toMatchObject({ name: "IntegrityError", code: "HEAD_MISMATCH" });
    expect(await namesOf(admin)).toEqual(["0001-log", "0002-read-models"]);
    expect((await admin.query("SELECT 1 FROM log_head")).rowCount).toBe(1);
  });

  test("is not changed by a user who may not do that", async () => {
    const { url, schema, admin } = await olderLog(1);
    const user = `u_${schema}`;
    await admin.query(`CREATE ROLE ${user} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${user};
      GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ${schema} TO ${user}`);
    await expect(PostgresLog.open(asUser(url, user))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await namesOf(admin)).toEqual(["0001-log", "0002-read-models"]);
    await admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  });
});
