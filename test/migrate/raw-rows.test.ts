import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { allEvents, event, linesOf } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import type { EventLog } from "../../src/log/event-log.js";
import { RAW_COLUMNS, type RawRange, type RawRows } from "../../src/log/raw-rows.js";
import { EMPTY_TAIL } from "../../src/log/seal.js";
import { copyEvents } from "../../src/migrate/copy-events.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { addSessions, allLines, freshStore, opened, withLog } from "./stores.js";

const ACTOR = { actor: "user:test" };
const migrator = new CrossDatabaseMigrator({ actor: "user:test" });

async function read(log: EventLog, from: number, to: number, atLeast = 100): Promise<RawRange> {
  const range = await log.readRaw?.(from, to, atLeast);
  if (range === undefined) throw new Error(`${log.url} tells no rows`);
  return range;
}

function take(log: EventLog, rows: RawRows | undefined): Promise<unknown> {
  if (rows === undefined || log.appendRaw === undefined) throw new Error("no rows, or nobody to take them");
  return log.appendRaw(() => [rows]);
}

/** Puts rows into the table as no program of ours does. */
function foreignRows(path: string) {
  const db = new Database(path);
  const insert = db.prepare(`INSERT INTO events (${RAW_COLUMNS}) VALUES (${Array(13).fill("?").join(", ")})`);
  return {
    insert: (rows: readonly unknown[][]) =>
      db.transaction(() => {
        for (const row of rows) insert.run(row);
      })(),
    close: () => db.close(),
  };
}

/** What most easily gets lost on the way through a text of columns and rows. */
const HOSTILE = fc.oneof(
  fc.constantFrom(
    "",
    "\\",
    "\\N",
    "\\.",
    "\\t",
    '"',
    '""',
    "'",
    ",",
    "\u2028\u2029",
    "\u0085",
    "é🚀",
    " ",
    "\u007f",
    "␂",
  ),
  fc.string({ unit: "binary", maxLength: 12 }).filter((text) => !/[\0\p{Surrogate}]/u.test(text)),
);
const TEXT = fc.array(HOSTILE, { maxLength: 4 }).map((parts) => parts.join(""));
const ROW = fc.record({
  ...{ recordedAt: TEXT, type: TEXT, actor: TEXT, meta: TEXT, hash: TEXT },
  payload: fc.oneof(
    fc.record({ data: TEXT, salt: TEXT, dataHash: fc.constant(null) }),
    fc.record({ data: fc.constant(null), salt: fc.constant(null), dataHash: TEXT }),
  ),
});

describe("rows that are told as one text", () => {
  test("are stored as they were, byte for byte, or are not told so at all", { timeout: 120_000 }, async () => {
    const path = join(tempDir(), "s.db");
    const [source, url] = [await opened(`sqlite:${path}`), await freshPostgresUrl()];
    const [target, admin, foreign] = [await opened(url), await openAdmin(url), foreignRows(path)];
    let told = 0;
    let last = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(ROW, { minLength: 1, maxLength: 5 }), async (list) => {
        const end = last + list.length;
        const rows = list.map(({ recordedAt, type, actor, meta, hash, payload }, i) => {
          const { data, salt, dataHash } = payload;
          const place = [last + 1 + i, end, 1, recordedAt, `id ${last + 1 + i}`, `s\\${last + 1 + i}`];
          return [...place, type, actor, meta, data, salt, dataHash, hash];
        });
        const isPlain = rows
          .flat()
          .every((value) => typeof value !== "string" || !/\p{Cc}/u.test(value.replace(/[\x7f-\x9f]/g, "")));
        foreign.insert(rows);
        const range = await read(source, last + 1, end);
        expect(range.to).toBe(end);
        expect(range.rows !== undefined).toBe(isPlain);
        if (range.rows === undefined) {
          await source.truncateAfter(last, await source.tail());
          return;
        }
        await take(target, range.rows);
        const wanted = `SELECT ${RAW_COLUMNS} FROM ${schemaOf(url)}.events WHERE "offset" > ${last} ORDER BY "offset"`;
        const stored = await admin.query({ text: wanted, rowMode: "array" });
        expect(stored.rows.map((row) => [...row.slice(0, 3).map(Number), ...row.slice(3)])).toEqual(rows);
        last = end;
        told++;
      }),
      { numRuns: 150 },
    );
    foreign.close();
    expect(told).toBeGreaterThan(20);
  });

  test("end where appends end, and are enough where there are as many", async () => {
    const log = await opened(await freshStore("sqlite"));
    for (const count of [3, 1, 4]) {
      await log.append({ stream: "a", events: Array.from({ length: count }, () => event()) }, ACTOR);
    }
    expect((await read(log, 1, 8, 1)).to).toBe(3);
    expect((await read(log, 1, 8, 4)).to).toBe(4);
    expect((await read(log, 4, 8, 2)).rows).toMatchObject({ from: 4, tail: await log.tail() });
    expect((await read(log, 4, 4, 100)).rows?.before).toBe((await allEvents(log))[2]?.hash);
  });

  test("are not told of what has to be acted upon, or is not there", async () => {
    const log = await opened(await freshStore("sqlite"));
    for (let i = 0; i < 3; i++) await log.append({ stream: "a", events: [event()] }, ACTOR);
    await log.redact?.({ offsets: [2] }, ACTOR);
    expect(await read(log, 1, 4, 3)).toMatchObject({ to: 3, rows: { from: 1 } });
    expect(await read(log, 1, 4, 4)).toEqual({ to: 4, rows: undefined });
    expect(await read(log, 5, 9)).toEqual({ to: 9, rows: undefined });
  });

  test("of megabytes are read as events", async () => {
    const [source, target] = [await opened(await freshStore("sqlite")), await opened(await freshPostgresUrl())];
    const large = "x".repeat(3 * 1024 * 1024);
    await source.append({ stream: "a", events: Array.from({ length: 6 }, () => event("t", large)) }, ACTOR);
    await source.append({ stream: "a", events: [event()] }, ACTOR);
    expect(await read(source, 1, 7)).toEqual({ to: 7, rows: undefined });
    expect(await copyEvents(source, target, EMPTY_TAIL, 7, { batchEvents: 1 })).toEqual(await source.tail());
    expect((await linesOf(target)).join() === (await linesOf(source)).join()).toBe(true);
  });

  test("that do not continue the log are refused, and nothing is written", async () => {
    const [source, other] = [await opened(await freshStore("sqlite")), await opened(await freshStore("sqlite"))];
    const target = await opened(await freshPostgresUrl());
    for (const log of [source, other, other]) await log.append({ stream: "a", events: [event()] }, ACTOR);
    await take(target, (await read(source, 1, 1)).rows);
    for (const [log, from] of [
      [source, 1],
      [other, 2],
    ] as const) {
      const { rows } = await read(log, from, from);
      await expect(take(target, rows)).rejects.toMatchObject({ code: "CHAIN_BREAK" });
    }
    expect(await linesOf(target)).toEqual(await linesOf(source));
    await target.freeze?.("jsonl:/elsewhere");
    await source.append({ stream: "a", events: [event()] }, ACTOR);
    await expect(take(target, (await read(source, 2, 2)).rows)).rejects.toMatchObject({ code: "LOG_MOVED" });
    await Promise.all([source.close(), target.close()]);
    await expect(read(source, 1, 1)).rejects.toMatchObject({ code: "LOG_CLOSED" });
    await expect(take(target, (await read(other, 1, 1)).rows)).rejects.toMatchObject({ code: "LOG_CLOSED" });
  });
});

describe("a migration from SQLite to Postgres", () => {
  test("carries what lies in an archive over, and what is behind it", async () => {
    const folder = tempDir();
    const [source, target] = [`sqlite:${join(folder, "s.db")}`, await freshPostgresUrl()];
    await addSessions(source, 5);
    await withLog(source, async (log) => {
      await archiveBefore(log, "HEAD~2", join(folder, "a.jsonl.gz"));
      expect((await log.archives?.())?.at(-1)?.to).toBeGreaterThan(1);
      expect((await read(log, 1, 10)).rows).toBe(undefined);
      expect((await read(log, 9, 10)).rows).toMatchObject({ from: 9 });
    });
    const plan = await migrator.planMigration(source, target);
    expect(await migrator.executeMigration(plan)).toMatchObject({ events: 10, states: 5 });
    expect(await allLines(target)).toEqual(await allLines(source));
  });

  test("erases at the target what a record in the middle names, also in batches of one event", async () => {
    const [source, target] = [await freshStore("sqlite"), await freshPostgresUrl()];
    await addSessions(source, 3);
    await withLog(source, (log) => log.redact?.({ offsets: [2, 5] }, ACTOR) ?? Promise.reject(new Error("cannot")));
    await addSessions(source, 3, "more");
    const plan = await migrator.planMigration(source, target);
    expect(await migrator.executeMigration(plan, { batchEvents: 1 })).toMatchObject({ events: 13, states: 6 });
    expect(await allLines(target)).toEqual(await allLines(source));
  });

  test("is taken back where the source's file was changed between plan and copy", async () => {
    const [source, target] = [await freshStore("sqlite"), await freshPostgresUrl()];
    await addSessions(source, 3);
    const plan = await migrator.planMigration(source, target);
    const db = new Database(source.slice("sqlite:".length));
    db.exec(
      `DROP TRIGGER IF EXISTS events_no_update; UPDATE events SET data = replace(data, 'b2', 'b9') WHERE "offset" = 4`,
    );
    db.close();
    await expect(migrator.executeMigration(plan)).rejects.toMatchObject({ code: "CHAIN_BROKEN" });
    expect(await allLines(target)).toEqual([]);
  });
});
