import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { defineProjection } from "../../projections/projection.js";
import type { EventLog } from "../../src/log/event-log.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { asUser, openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { BACKENDS, opened } from "./backends.js";
import { type Note, notes, put } from "./notes.js";

type Rows = Record<string, unknown>[];

/** What other programs do with the database: plain SQL. */
async function sqlOf(url: string): Promise<(text: string) => Promise<Rows>> {
  if (url.startsWith("sqlite:")) {
    const db = new Database(url.slice("sqlite:".length));
    onTestFinished(() => {
      db.close();
    });
    return async (text) => {
      const statement = db.prepare(text);
      if (statement.reader) return statement.all() as Rows;
      statement.run();
      return [];
    };
  }
  const admin = await openAdmin(url);
  await admin.query(`SET search_path TO ${schemaOf(url)}`);
  return async (text) => (await admin.query(text)).rows;
}

/** Calls `seen` with the offset of each event that it folds. */
function watched(seen: (offset: number) => void) {
  return defineProjection<Note>({
    ...notes(),
    evolve: (_, { id, data, offset }) => {
      seen(offset);
      return { ...(data as object), id };
    },
  });
}

const TABLES = BACKENDS.filter(([name]) => name !== "jsonl");

describe.each(TABLES)("%s", (_, freshUrl) => {
  async function filled(count: number) {
    const url = await freshUrl();
    const log = await opened(url);
    const events = Array.from({ length: count }, (_, i) => ({
      type: "note.put",
      data: { title: `t${i + 1}`, rank: i + 1 },
    }));
    for (const [i, event] of events.entries())
      await log.append({ stream: `note-n${i + 1}`, events: [event] }, { actor: "a" });
    return { url, log, model: new ReadModel(log, notes()) };
  }

  test("readers who catch up at once do the work once", async () => {
    const { url, log } = await filled(4);
    const many = Array.from({ length: 6_000 }, (_, i) => ({ type: "note.put", data: { rank: i } }));
    await log.append({ stream: "note-n1", events: many }, { actor: "a" });
    const seen: number[] = [];
    const logs = [log, await opened(url), await opened(url)];
    const models = logs.map(
      (one) =>
        new ReadModel(
          one,
          watched((offset) => seen.push(offset)),
        ),
    );
    const answers = await Promise.all([...models, ...models].map((model) => model.query({ where: { rank: 5_999 } })));
    for (const answer of answers) expect(answer).toMatchObject({ offset: 6_004, documents: [{ id: "n1" }] });
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 6_004 }, (_, i) => i + 1));
  });

  test("documents stand in a view with a column for each field", async () => {
    const { url, model } = await filled(3);
    await model.query();
    const sql = await sqlOf(url);
    const rows = await sql("SELECT id, title, rank FROM notes WHERE rank > 1 ORDER BY rank DESC");
    expect(rows).toEqual([
      { id: "n3", title: "t3", rank: 3 },
      { id: "n2", title: "t2", rank: 2 },
    ]);
  });

  test("another revision gets tables of its own, the view, and the room of the older one", async () => {
    const { url, log, model } = await filled(2);
    await model.query();
    const renamed = defineProjection<Note>({
      ...notes(2),
      fields: { heading: { type: "text", of: ({ title }) => title } },
    });
    const newer = new ReadModel(log, renamed);
    expect((await newer.query({ where: { heading: "t2" } })).documents).toHaveLength(1);
    const sql = await sqlOf(url);
    expect(await sql("SELECT heading FROM notes ORDER BY heading")).toEqual([{ heading: "t1" }, { heading: "t2" }]);
    expect((await log.readModels?.list())?.map(({ revision }) => revision)).toEqual([2]);
    // A program that still has the older one goes on, and leaves the view to the newer one.
    expect((await model.query({ where: { title: "t2" } })).documents).toHaveLength(1);
    expect(await sql("SELECT heading FROM notes")).toHaveLength(2);
  });

  test("a check finds what is stored otherwise than the log gives it, and a rebuild mends it", async () => {
    const { url, log, model } = await filled(4);
    await model.query();
    const [{ table = "" } = {}] = (await log.readModels?.list()) ?? [];
    const sql = await sqlOf(url);
    await sql(`UPDATE "${table}" SET rank = 99 WHERE id = 'n1'`);
    await sql(`UPDATE "${table}" SET document = '{"id":"n2","title":"other","rank":2}' WHERE id = 'n2'`);
    await sql(`DELETE FROM "${table}" WHERE id = 'n3'`);
    await sql(`INSERT INTO "${table}" (id, words_hash, document) VALUES ('n9', '', '{}')`);
    const { differences, documents, offset } = await model.check();
    expect({ documents, offset }).toEqual({ documents: 4, offset: 4 });
    expect(differences.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: "n1", kind: "different", paths: ["#rank"] },
      { id: "n2", kind: "different", paths: ["/title"] },
      { id: "n3", kind: "missing", paths: [] },
      { id: "n9", kind: "extra", paths: [] },
    ]);
    await model.rebuild();
    expect((await model.check()).differences).toEqual([]);
    expect(await sql("SELECT id FROM notes")).toHaveLength(4);
  });

  test("what a killed rebuild has left is no hindrance", async () => {
    const { log, model } = await filled(3);
    await model.query();
    const { name, revision } = model.projection;
    const shape = { name, revision, searchable: true, fields: fieldsOf(model) };
    await log.readModels?.beginRebuild(shape);
    expect((await model.query()).documents).toHaveLength(3);
    await model.rebuild();
    expect((await model.query()).documents).toHaveLength(3);
    expect((await log.readModels?.list())?.map(({ rebuilding, documents }) => [rebuilding, documents])).toEqual([
      [false, 3],
    ]);
  });

  test("tables that somebody has dropped with their register are made again", async () => {
    const { url, model } = await filled(3);
    await model.query();
    const sql = await sqlOf(url);
    await sql("DROP VIEW notes");
    for (const { model: key, generation } of await sql("SELECT model, generation FROM read_models")) {
      await sql(`DROP TABLE "model_${key}_g${generation}"`);
      await sql(`DROP TABLE "model_${key}_g${generation}_w"`);
    }
    await sql("DELETE FROM read_models");
    expect((await model.query({ search: "t2" })).documents).toHaveLength(1);
  });

  function fieldsOf(model: ReadModel<Note>) {
    return Object.entries(model.projection.fields).map(([name, { type, indexed = false }]) => ({
      name,
      type,
      indexed,
    }));
  }
});

describe("a reader who cannot write", () => {
  /** Six notes in the table; one removed, one changed and one new note behind its checkpoint. */
  async function behind(log: EventLog) {
    for (let i = 1; i <= 6; i++) await put(log, `n${i}`, { title: `note ${i}`, rank: i });
    await new ReadModel(log, notes()).query();
    await put(log, "n2", null);
    await put(log, "n5", { title: "changed", rank: 0 });
    await put(log, "n7", { title: "note 7", rank: 2.5 });
  }

  async function expectTheTail(model: ReadModel<Note>) {
    const orderBy = [{ field: "rank" }] as const;
    const first = await model.query({ orderBy, limit: 3, total: true });
    expect(first).toMatchObject({ offset: 9, total: 6 });
    const rest = await model.query({ orderBy, cursor: first.next ?? "" });
    expect([...first.documents, ...rest.documents].map(({ id }) => id)).toEqual(["n5", "n1", "n7", "n3", "n4", "n6"]);
    expect((await model.query({ search: "note -3" })).documents.map(({ id }) => id)).toEqual(["n1", "n4", "n6", "n7"]);
    expect([await model.get("n2"), await model.get("n1")]).toMatchObject([null, { rank: 1 }]);
    expect(await model.state()).toMatchObject({ offset: 6 });
  }

  test("sees the tail of a SQLite file whose lock is held by somebody", async () => {
    const [, freshUrl] = BACKENDS[1] as (typeof BACKENDS)[number];
    const url = await freshUrl();
    await behind(await opened(url));
    const holder = new Database(url.slice("sqlite:".length));
    holder.exec("BEGIN IMMEDIATE");
    const log = await SqliteLog.open(url.slice("sqlite:".length), { busyTimeoutMs: 50 });
    await expectTheTail(new ReadModel(log, notes()));
    await log.close();
    holder.close();
  });

  test("sees the tail of a Postgres log that he may only read", async () => {
    const [, freshUrl] = BACKENDS[2] as (typeof BACKENDS)[number];
    const url = await freshUrl();
    await behind(await opened(url));
    const admin = await openAdmin(url);
    const user = `reader_${schemaOf(url)}`;
    await admin.query(`CREATE ROLE ${user} LOGIN; GRANT USAGE ON SCHEMA ${schemaOf(url)} TO ${user};
      GRANT SELECT ON ALL TABLES IN SCHEMA ${schemaOf(url)} TO ${user}`);
    const log = await opened(asUser(url, user));
    await expectTheTail(new ReadModel(log, notes()));
    // And where there is no table at all.
    expect((await new ReadModel(log, notes(7)).query({ where: { rank: 0 } })).documents).toMatchObject([{ id: "n5" }]);
  });
});
