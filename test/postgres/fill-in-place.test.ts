import { expect, onTestFinished, test } from "vitest";
import { defineProjection, type ProjectionField } from "../../projections/projection.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { fillTables, rowsOf, tablesOf } from "../read-model/filling.js";
import { type Note, notes, put } from "../read-model/notes.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { PostgresPair } from "../support/postgres-pair.js";
import { until } from "../support/until.js";
import { asUser, openAdmin, schemaOf } from "./open-postgres.js";

async function opened(url: string, readUrl?: string): Promise<EventLog> {
  const log = await openLog(url, readUrl === undefined ? {} : { readUrl });
  onTestFinished(() => log.close());
  return log;
}

/** Three notes in tables, and one more behind these. */
async function filled(url: string) {
  const log = await opened(url);
  for (const id of ["a", "b", "c"]) await put(log, id, { title: id });
  await new ReadModel(log, notes()).catchUp();
  const [{ table } = { table: "" }] = await tablesOf(log).list();
  await put(log, "d", { title: "d" });
  return { log, table, admin: await openAdmin(url) };
}

async function onlyThatTable(log: EventLog, table: string) {
  expect((await tablesOf(log).list()).map((one) => [one.table, one.rebuilding])).toEqual([[table, false]]);
  expect((await new ReadModel(log, notes()).query({ search: "d" })).documents).toMatchObject([{ id: "d" }]);
}

test("tables on which rights were given stay, so that nobody loses them", async () => {
  const url = await freshPostgresUrl();
  const { log, table, admin } = await filled(url);
  const [schema, role] = [schemaOf(url), `eyes_${schemaOf(url).slice(-12)}`];
  await admin.query(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA "${schema}" TO ${role};
    GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO ${role}`);
  cleanUp(async () => {
    await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
  expect(await fillTables(log, notes())).toBe("unfit");
  await onlyThatTable(log, table);
  const eyes = await opened(asUser(url, role));
  expect((await new ReadModel(eyes, notes()).query()).documents).toHaveLength(4);
  expect(await fillTables(eyes, notes())).toBe("unfit"); // he may not
  // Rights that new tables get as well are no hindrance.
  await admin.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA "${schema}" GRANT SELECT ON TABLES TO ${role}`);
  await new ReadModel(log, notes()).rebuild();
  await put(log, "e", { title: "e" });
  expect(await fillTables(log, notes())).toBe("filled");
  expect((await new ReadModel(eyes, notes()).query()).documents).toHaveLength(5);
});

test("a rebuild hands on what was granted on tables, columns and the view, also where the view has other columns", async () => {
  const url = await freshPostgresUrl();
  const { log, table, admin } = await filled(url);
  const [schema, reader, clerk] = [schemaOf(url), `r_${schemaOf(url).slice(-12)}`, `c_${schemaOf(url).slice(-12)}`];
  await admin.query(`CREATE ROLE ${reader} LOGIN; CREATE ROLE ${clerk} LOGIN;
    GRANT USAGE ON SCHEMA "${schema}" TO ${reader}, ${clerk}; GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO ${reader};
    GRANT SELECT (id, title) ON "${schema}"."${table}" TO ${clerk}; GRANT SELECT ON "${schema}".notes TO ${clerk}`);
  cleanUp(async () => {
    await admin.query(`DROP OWNED BY ${reader}, ${clerk}; DROP ROLE ${reader}; DROP ROLE ${clerk}`);
  });
  const eyes = await opened(asUser(url, reader));
  const hands = await openAdmin(asUser(url, clerk));
  for (const one of [notes(), notes()]) {
    await new ReadModel(log, one).rebuild();
    const [now] = await tablesOf(log).list();
    expect(now?.table).not.toBe(table);
    expect((await new ReadModel(eyes, notes()).query({ search: "d" })).documents).toHaveLength(1);
    expect((await hands.query(`SELECT id, title FROM "${schema}"."${now?.table}"`)).rows).toHaveLength(4);
    await expect(hands.query(`SELECT document FROM "${schema}"."${now?.table}"`)).rejects.toThrow(/permission denied/);
  }
  const { title, rank } = notes().fields;
  const fewer = defineProjection({
    ...notes(2),
    fields: { rank: rank as ProjectionField<Note>, title: title as ProjectionField<Note> },
  });
  await new ReadModel(log, fewer).rebuild();
  expect((await hands.query(`SELECT title FROM "${schema}".notes`)).rows).toHaveLength(4);
});

test("tables that somebody's own view shows stay", async () => {
  const url = await freshPostgresUrl();
  const { log, table, admin } = await filled(url);
  await admin.query(`CREATE VIEW "${schemaOf(url)}".mine AS SELECT id FROM "${schemaOf(url)}"."${table}"`);
  expect(await fillTables(log, notes())).toBe("unfit");
  await onlyThatTable(log, table);
});

test("a view of somebody's own on top of ours goes on with the new tables", async () => {
  const url = await freshPostgresUrl();
  const { log, table, admin } = await filled(url);
  await admin.query(`CREATE VIEW "${schemaOf(url)}".mine AS SELECT id FROM "${schemaOf(url)}".notes`);
  expect(await fillTables(log, notes())).toBe("filled");
  const [now] = await tablesOf(log).list();
  expect(now).toMatchObject({ offset: 4, documents: 4 });
  expect(now?.table).not.toBe(table);
  expect((await admin.query(`SELECT id FROM "${schemaOf(url)}".mine ORDER BY id`)).rows).toHaveLength(4);
});

test("what was erased is not read at a standby that does not know it yet", async () => {
  const pair = await PostgresPair.start();
  const log = await opened(pair.primary.url);
  await put(log, "a", { title: "hunter2" });
  await put(log, "b", { title: "b" });
  const reader = await opened(pair.primary.url, pair.standby.url);
  const standby = await openAdmin(pair.standby.url);
  const count = async () => (await standby.query("SELECT count(*)::int AS n FROM sessiondb.events")).rows[0].n;
  await until("the standby has both events", async () => (await count().catch(() => 0)) === 2);
  await standby.query("SELECT pg_wal_replay_pause()");
  const isPaused = async () =>
    (await standby.query("SELECT pg_get_wal_replay_pause_state() AS state")).rows[0].state === "paused";
  await until("replay is paused", isPaused);
  await log.redact?.({ offsets: [1] }, { actor: "a" });
  expect(await fillTables(reader, notes())).toBe("filled");
  const rows = await rowsOf(log, notes());
  expect(rows.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(JSON.stringify(rows)).not.toContain("hunter2");
  await standby.query("SELECT pg_wal_replay_resume()");
}, 120_000);
