import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { allEvents } from "../../src/conformance/target.js";
import { isWellFormed } from "../../src/log/canonical.js";
import type { SealedFields } from "../../src/log/event.js";
import { MAX_PAGE_CHARS, MAX_PAGE_EVENTS } from "../../src/log/event-log.js";
import { EVENT_COLUMNS, eventOfRow } from "../../src/log/sql/sqlite/event-rows.js";
import { EVENT_TEXT, eventOfText } from "../../src/log/sql/sqlite/event-text.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";

const ACTOR = { actor: "user:test" };
const STREAM = "session-a";

let log: SqliteLog;
let raw: Database.Database;

beforeEach(async () => {
  const file = join(tempDir(), "log.db");
  log = await SqliteLog.open(file);
  raw = new Database(file);
  onTestFinished(async () => {
    raw.close();
    await log.close();
  });
});

async function append(...data: readonly unknown[]): Promise<void> {
  await log.append({ stream: STREAM, events: data.map((one) => ({ type: "t", data: one })) }, ACTOR);
}

/** What the columns say. */
function stored(): SealedFields[] {
  const rows = raw.prepare(`SELECT ${EVENT_COLUMNS} FROM events ORDER BY "offset"`).raw().all();
  return rows.map((row) => ({ ...eventOfRow(row) }));
}

async function ofStream(): Promise<SealedFields[]> {
  const events: SealedFields[] = [];
  for await (const page of log.readStream(STREAM)) for (const event of page) events.push({ ...event });
  return events;
}

const ofLog = async (): Promise<SealedFields[]> => (await allEvents(log)).map((event) => ({ ...event }));

describe("a page gives the events that the table holds", () => {
  test("whatever their data is", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1 }), async (list) => {
        const usable = list.filter((one) => isWellFormed(JSON.stringify(one)));
        fc.pre(usable.length > 0);
        await append(...usable);
        expect(await ofLog()).toEqual(stored());
        expect(await ofStream()).toEqual(stored());
      }),
      { numRuns: 20 },
    );
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  });

  test("also redacted ones, between others", async () => {
    await append(1, 2, 3, 4);
    await log.redact({ offsets: [2, 3] }, ACTOR);
    expect(await ofLog()).toEqual(stored());
    expect((await allEvents(log)).map(({ data }) => data).slice(0, 4)).toEqual([1, undefined, undefined, 4]);
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 5 });
  });

  test("also long ones, between others", async () => {
    await append("short", "é".repeat(MAX_PAGE_CHARS / MAX_PAGE_EVENTS), "short", "long".repeat(100_000), "short");
    expect(await ofLog()).toEqual(stored());
    expect(await ofStream()).toEqual(stored());
  });

  test("also where separators stand in what another program has written", async () => {
    await append(1, 2, 3);
    raw.exec(`DROP TRIGGER events_no_update;
      UPDATE events SET actor = 'user:' || char(31) || 'mallory' || char(31) WHERE "offset" = 2;
      UPDATE events SET data = '7' || char(31) WHERE "offset" = 3`);
    expect(await ofLog()).toEqual(stored());
    expect((await allEvents(log))[1]?.actor).toBe("user:\u001fmallory\u001f");
    expect(await verifyLog(log)).toMatchObject({ ok: false, verified: 1 });
  });
});

test.each([
  ["neither data nor its hash", "data = NULL"],
  ["no salt", "salt = NULL"],
  ["a number beyond 2^53", "version = 9007199254740993"],
])("an event that has %s is an error, and not another event", async (_what, change) => {
  await append(1, 2, 3);
  raw.exec(`DROP TRIGGER events_no_update; UPDATE events SET ${change} WHERE "offset" = 2`);
  await expect(allEvents(log)).rejects.toMatchObject({ code: "EVENT_DAMAGED", offset: 2 });
});

test("law: a text says of a row what its columns say, or nothing, whatever was written into it", () => {
  const odd = fc.array(fc.constantFrom("\u001f", "\0", "1", "-", "é", "🦊", "2026"), { maxLength: 5 });
  const field = (usual: string) =>
    rarely(
      fc.constant(usual),
      odd.map((parts) => parts.join("")),
    );
  const count = rarely<number | bigint>(fc.nat(), fc.constantFrom(-1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n));
  const place = [count, count, field("2026-01-31T10:00:00.000Z"), field("01890a5d-ac96-774b-bcce-b302099a8057")];
  const names = [field("session-a"), field("t"), field("user:ada")];
  const [none, salt, dataHash, hash] = [
    fc.constant(null),
    field("a".repeat(32)),
    field("b".repeat(64)),
    field("c".repeat(64)),
  ];
  const row = (data: fc.Arbitrary<unknown>, secrets: fc.Arbitrary<unknown>[]) =>
    fc.tuple(...place, ...names, data, field("{}"), ...secrets, hash);
  const rows = fc.oneof(
    row(field("{}"), [salt, none]),
    row(none, [none, dataHash]),
    row(fc.option(field("{}")), [fc.option(salt), fc.option(dataHash)]),
  );
  const insert =
    raw.prepare(`INSERT INTO events ("offset", "commit", version, recorded_at, id, stream, type, actor, data,
    meta, salt, data_hash, hash) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  raw.exec("DROP TRIGGER events_no_delete");
  const textOf = raw.prepare(`SELECT ${EVENT_TEXT} FROM events`).pluck();
  const columnsOf = raw.prepare(`SELECT ${EVENT_COLUMNS} FROM events`).raw();
  const read = { whole: 0, redacted: 0 };
  fc.assert(
    fc.property(rows, (values) => {
      raw.exec("DELETE FROM events");
      insert.run(...values);
      const text = textOf.get() as string | null;
      const event = text === null ? undefined : eventOfText(text);
      if (event === undefined) return;
      read[event.redacted ? "redacted" : "whole"]++;
      expect({ ...event }).toEqual({ ...eventOfRow(columnsOf.get()) });
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(read.whole, read.redacted)).toBeGreaterThan(100);
});

function rarely<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: rare });
}
