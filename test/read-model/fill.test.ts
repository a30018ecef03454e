import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { defineProjection } from "../../projections/projection.js";
import { sessions } from "../../projections/sessions.js";
import type { EventLog, OffsetRange } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { foldShares, MAX_HELD_CHARS, MAX_HELD_DOCUMENTS } from "../../src/replay/read-model/fold-shares.js";
import { ModelRows } from "../../src/replay/read-model/model-row.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { MIN_FILL_EVENTS } from "../../src/replay/read-model/table-fill.js";
import { spawnWorker } from "../support/worker.js";
import { BACKENDS, opened } from "./backends.js";
import { fillTables, rowsOf, tablesOf, watchedTables } from "./filling.js";
import { type Note, notes, put } from "./notes.js";

const AT_ONCE = 1_000;
const NOTES = 50;
/** So many that the first step leaves enough of them. */
const LONG = MIN_FILL_EVENTS + 2 * AT_ONCE;

/** Events of notes that take turns. */
async function appendTurns(log: EventLog, count: number, streams = NOTES, poisonAt = 0): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => {
      const at = from + i;
      const type = at + 1 === poisonAt ? "note.poison" : "note.put";
      return { stream: `note-n${at % streams}`, events: [{ type, data: { title: `t${at % 7}`, rank: at } }] };
    });
    for (let i = 0; i < batch.length; i += streams) await log.append(batch.slice(i, i + streams), { actor: "a" });
  }
}

/** Counts the events that it folds. */
function counted() {
  const seen = { events: 0 };
  const projection = defineProjection<Note>({
    ...notes(),
    evolve: (_, { id, type, data }) => {
      seen.events++;
      if (type === "note.poison") throw new RangeError("no such note");
      return { ...(data as object), id };
    },
  });
  return { seen, projection };
}

describe.each(BACKENDS.filter(([name]) => name !== "jsonl"))("%s", (_, freshUrl) => {
  async function long(poisonAt?: number) {
    const url = await freshUrl();
    const log = await opened(url);
    await appendTurns(log, LONG, NOTES, poisonAt);
    return { url, log };
  }

  test("the tables of a long log are made of one fold, and newer events come by steps", async () => {
    const { log } = await long();
    const { seen, projection } = counted();
    const model = new ReadModel(log, projection);
    const top = { orderBy: [{ field: "rank", direction: "desc" }], limit: 1 } as const;
    expect(await model.query(top)).toMatchObject({ offset: LONG, documents: [{ rank: LONG - 1 }] });
    expect(seen.events).toBeLessThanOrEqual(LONG + AT_ONCE); // the first step, and all of them once
    await put(log, "n3", { title: "newest", rank: LONG });
    expect(await model.query(top)).toMatchObject({ offset: LONG + 1, documents: [{ id: "n3", title: "newest" }] });
    expect((await model.check()).differences).toEqual([]);
    expect(await tablesOf(log).list()).toMatchObject([{ offset: LONG + 1, documents: NOTES, rebuilding: false }]);
  });

  test("a rebuild of a long log tells how far it is, all the way", async () => {
    const { log } = await long();
    const model = new ReadModel(log, notes());
    const told: number[] = [];
    await model.rebuild((offset, of) => {
      expect(of).toBe(LONG);
      told.push(offset);
    });
    expect(told.length).toBeGreaterThan(20);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(LONG);
    expect((await model.check()).differences).toEqual([]);
  });

  test("three who ask a long log at the same time all get the answer, and one set of tables is left", async () => {
    const { url, log } = await long();
    const models = [log, await opened(url), await opened(url)].map((one) => new ReadModel(one, notes()));
    const answers = await Promise.all(models.map((model) => model.query({ search: "t3", total: true })));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ offset: LONG });
    await Promise.all(models.map((model) => model.rebuild()));
    for (const model of models) expect((await model.check()).differences).toEqual([]);
    expect(await tablesOf(log).list()).toMatchObject([{ offset: LONG, documents: NOTES, rebuilding: false }]);
  });

  test("whoever asks while others fill sees all of it or none", async () => {
    const { url, log } = await long();
    const tables = tablesOf(await opened(url));
    const { shape } = shapeOf();
    const seen = new Set<string>();
    let done = false;
    const asked = (async () => {
      while (!done) {
        const page = await tables.scan(shape, null, 1_000);
        seen.add(page === null ? "none" : `${page.documents.length} at ${page.state.offset}`);
        await nextTurn(); // SQLite answers at once
      }
    })();
    try {
      expect(await fillTables(log, notes())).toBe("filled");
    } finally {
      done = true;
    }
    await asked;
    expect([...seen].filter((one) => one !== `${NOTES} at ${LONG}`)).toEqual(["none"]);
  });

  test("a projection that fails in a long log stops before that event, with what is before it in its tables", async () => {
    const poison = MIN_FILL_EVENTS + 1_500;
    const { log } = await long(poison);
    const model = new ReadModel(log, notes());
    await expect(model.query()).rejects.toMatchObject({ code: "PROJECTION_STOPPED", offset: poison });
    expect(await model.state()).toMatchObject({ offset: poison - 1, documents: NOTES });
    await expect(model.rebuild()).rejects.toMatchObject({ code: "PROJECTION_STOPPED", offset: poison });
    expect(await tablesOf(log).list()).toMatchObject([{ offset: poison - 1, rebuilding: false }]);
  });

  test("of two who fill at the same time, the slower one gives up what it has", async () => {
    const url = await freshUrl();
    const [log, other] = [await opened(url), await opened(url)];
    await appendTurns(log, 100);
    const tables = watchedTables(log, async (place) => {
      if (place === "folded") expect(await fillTables(other, notes())).toBe("filled");
    });
    expect(await fillTables(log, notes(), { tables })).toBe("over");
    expect(await tablesOf(log).list()).toMatchObject([{ offset: 100, documents: NOTES, rebuilding: false }]);
    expect(await rowsOf(log, notes())).toHaveLength(NOTES);
  });

  test("what a killed process has half filled never answers, and goes when the next one is done", async () => {
    const url = await freshUrl();
    const log = await opened(url);
    const record = { session: "a", createdAt: "2026-01-31T10:00:00.000Z", status: "ACTIVE" };
    await log.append({ stream: "session-a", events: [{ type: "session.created", data: { record } }] }, { actor: "a" });
    const worker = spawnWorker("table-filler", [url]);
    for await (const line of worker.lines) {
      expect(JSON.parse(line)).toEqual({ isWritten: true });
      break;
    }
    await worker.kill9();
    const model = new ReadModel(log, sessions);
    expect((await model.query({ search: "half" })).documents).toEqual([]);
    expect((await model.query({})).documents).toHaveLength(1);
    const left = await tablesOf(log).list();
    expect(left.map(({ rebuilding, offset }) => [rebuilding, offset])).toEqual(
      expect.arrayContaining([
        [true, 0],
        [false, 1],
      ]),
    );
    await model.rebuild();
    expect(await tablesOf(log).list()).toMatchObject([{ rebuilding: false, documents: 1 }]);
    expect((await model.check()).differences).toEqual([]);
  });

  test("an erasure empties what is half filled, too", async () => {
    const url = await freshUrl();
    const log = await opened(url);
    await put(log, "a", { title: "hunter2" });
    const { shape, stored } = shapeOf("hunter2");
    const fill = await tablesOf(log).beginFill?.(shape, false);
    expect(await fill?.write([stored])).toBe(true);
    await log.redact?.({ offsets: [1] }, { actor: "a" });
    for (const { documents } of await tablesOf(log).list()) expect(documents).toBe(0);
    expect(await fill?.write([{ ...stored, id: "b" }])).toBe(false);
    expect(await fill?.finish(fill.tail)).toBe(false);
    await fill?.abandon();
    expect((await new ReadModel(log, notes(1, "none")).query({ search: "hunter2" })).documents).toEqual([]);
  });

  test("nothing is filled out of a copy of the log that lags behind: something may not be erased there yet", async () => {
    const log = await opened(await freshUrl());
    await appendTurns(log, 100);
    const lagging = {
      readAll: (range: OffsetRange) => log.readAll({ ...range, to: 90 }),
      archives: () => log.archives?.(),
    } as EventLog;
    expect(await fillTables(lagging, notes(), { tables: tablesOf(log) })).toBe("over");
    expect(await tablesOf(log).list()).toEqual([]);
  });

  test("where the steps have what a fill would bring, they stay", async () => {
    const log = await opened(await freshUrl());
    await appendTurns(log, 100);
    const model = new ReadModel(log, notes());
    await model.catchUp();
    const [{ table } = { table: "" }] = await tablesOf(log).list();
    expect(await fillTables(log, notes())).toBe("over");
    expect(await tablesOf(log).list()).toMatchObject([{ table, offset: 100, rebuilding: false }]);
  });
});

/** Of notes, with one of them as it is stored. */
function shapeOf(title = "t") {
  const rows = new ModelRows(notes());
  return { shape: rows.shape, stored: rows.storedOf("a", { id: "a", title }) };
}

/** The number of documents in each share, all their ids, and how it ended. */
async function sharesOf(log: EventLog, to: number, walks?: number) {
  const ids: string[] = [];
  const sizes: number[] = [];
  const options = { to, ...(walks === undefined ? {} : { walks }) };
  const outcome = await foldShares(log, notes(), options, async ({ documents }) => {
    sizes.push(documents.size);
    ids.push(...documents.keys());
    return true;
  });
  return { ids: ids.sort(), sizes, outcome };
}

test("more documents than are held in memory are folded in shares, each of them once", async () => {
  const log = new MemoryLog();
  const [most, more] = [MAX_HELD_DOCUMENTS, MAX_HELD_DOCUMENTS + 1];
  await appendTurns(log, 2 * more, more);
  expect((await sharesOf(log, most)).sizes).toEqual([most]);
  const { ids, sizes } = await sharesOf(log, 2 * more);
  expect(sizes).toHaveLength(2);
  expect(ids).toEqual(Array.from({ length: more }, (_, i) => `n${i}`).sort());
  expect(await sharesOf(log, more, 1)).toEqual({ ids: [], sizes: [], outcome: "unfit" });
});

test("so are longer ones, however many events there are; short ones of long events are held at once", async () => {
  const log = new MemoryLog();
  const text = "x".repeat(1024 * 1024);
  const [limit, of] = [MAX_HELD_CHARS / text.length, (i: number) => `n${i}`];
  for (let i = 0; i < limit + 20; i++) await put(log, of(i), { text });
  const { ids, sizes } = await sharesOf(log, limit + 20);
  expect(sizes.length).toBeGreaterThan(1);
  expect(ids).toEqual(Array.from({ length: limit + 20 }, (_, i) => of(i)).sort());
  const short = new MemoryLog();
  for (let i = 0; i < limit + 20; i++) await put(short, of(i % 3), { text });
  expect((await sharesOf(short, limit + 20)).sizes).toEqual([3]);
});

test("where only a share is folded, a projection that fails is left to the steps: they find the first such event", async () => {
  const log = new MemoryLog();
  const count = MAX_HELD_DOCUMENTS + 2 * AT_ONCE;
  await appendTurns(log, count, count, count);
  expect(await sharesOf(log, count)).toMatchObject({ outcome: "unfit" });
  const early = new MemoryLog();
  await appendTurns(early, AT_ONCE, NOTES, 500);
  await expect(sharesOf(early, AT_ONCE)).rejects.toMatchObject({ code: "PROJECTION_STOPPED", offset: 500 });
});

test.each(BACKENDS.filter(([name]) => name !== "jsonl"))(
  "%s: tables of more documents than are held are filled, not stepped through",
  async (_, freshUrl) => {
    const log = await opened(await freshUrl());
    const count = MAX_HELD_DOCUMENTS + AT_ONCE;
    await appendTurns(log, count, count);
    const { seen, projection } = counted();
    const steps = vi.spyOn(tablesOf(log), "advance");
    const model = new ReadModel(log, projection);
    expect(await model.query({ total: true, limit: 1 })).toMatchObject({ offset: count, total: count });
    expect(steps.mock.calls.length).toBeLessThan(5); // 51 pages
    expect(seen.events).toBeLessThanOrEqual(2 * count);
    expect(await tablesOf(log).list()).toMatchObject([{ offset: count, documents: count, rebuilding: false }]);
    expect((await new ReadModel(log, notes()).check()).differences).toEqual([]);
  },
  120_000,
);
