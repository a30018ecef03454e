import { expect, onTestFinished, test } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { fillTables, rowsOf, tablesOf } from "../read-model/filling.js";
import { notes, put } from "../read-model/notes.js";
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
