import { describe, expect, test } from "vitest";
import type { Json } from "../../src/log/canonical.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { fc } from "../support/fast-check.js";
import { BACKENDS } from "./backends.js";
import { fillTables, PLACES, rowsOf, tablesOf, watchedTables } from "./filling.js";
import { type Note, notes, put } from "./notes.js";

const SECRET = "hunter2";
const ids = fc.constantFrom("a", "b", "c", "__proto__", "", "Ä", "😀", "x y");
const text = fc.constantFrom("login page", "page of the Login", "東京", "", "\u0000", SECRET, "x".repeat(300));
const value = fc.oneof(text, fc.constantFrom<Json>(null, 1, -0, 1.5, true, [], { a: 1 }));
const note = fc.record({ title: value, rank: value, done: value, text }, { requiredKeys: [] });
const history = fc.array(fc.tuple(ids, fc.option(note)), { minLength: 1, maxLength: 30 });

/** What others do meanwhile. */
const ACTS: Readonly<Record<string, (log: EventLog, at: number) => Promise<unknown>>> = {
  append: (log) => put(log, "later", { title: "later" }),
  cut: async (log, at) => log.truncateAfter(at - 1, await log.tail()),
  "cut and append": async (log, at) => {
    await log.truncateAfter(at - 1, await log.tail());
    for (let i = at; i < at + 5; i++) await put(log, "other", { title: "of another history", rank: i });
  },
  redact: (log, at) => log.redact?.({ offsets: [at] }, { actor: "a" }) ?? Promise.resolve(),
  "catch up": (log) => new ReadModel(log, notes()).catchUp(),
  rebuild: (log) => new ReadModel(log, notes()).rebuild(),
  fill: (log) => fillTables(log, notes()),
  "newer revision": (log) => new ReadModel(log, notes(2)).catchUp(),
};

describe.each(BACKENDS.filter(([name]) => name !== "jsonl"))("%s", (_, freshUrl) => {
  test("law: filled tables are those that steps make, and go on as they do", async () => {
    const runs = fc.asyncProperty(history, history, fc.boolean(), async (before, after, replaces) => {
      const log = await openLog(await freshUrl());
      for (const [id, data] of before) await put(log, id, data as Json);
      const model = new ReadModel(log, notes());
      const answers = async () => [
        await rowsOf(log, notes()),
        await model.search("login page"),
        await model.query({ search: "page -東京", orderBy: [{ field: "rank" }], total: true }),
      ];
      await model.catchUp();
      const stepped = await answers();
      expect(await fillTables(log, notes(), { replaces: true })).toBe("filled");
      expect(await answers()).toEqual(stepped);
      for (const [id, data] of after) await put(log, id, data as Json);
      if (replaces) expect(await fillTables(log, notes(), { replaces })).toBe("filled");
      await model.catchUp();
      expect((await model.check()).differences).toEqual([]);
      expect(await tablesOf(log).list()).toHaveLength(1);
      await log.close();
    });
    await fc.assert(runs, { numRuns: 12 });
  }, 60_000);

  test("law: whatever others do meanwhile, answers are those of the log and nothing is left", async () => {
    const act = fc.tuple(fc.constantFrom(...Object.keys(ACTS)), fc.constantFrom(...PLACES), fc.nat());
    const runs = fc.asyncProperty(history, act, fc.boolean(), async (puts, [name, where, nth], replaces) => {
      const url = await freshUrl();
      const [log, other] = [await openLog(url), await openLog(url)];
      for (const [id, data] of puts) await put(log, id, data as Json);
      let acts = 0;
      const tables = watchedTables(log, async (place) => {
        if (place === where && acts++ === 0) await ACTS[name]?.(other, 1 + (nth % puts.length));
      });
      await fillTables(log, notes(), { tables, replaces });
      expect(acts).toBe(1);
      const kept = JSON.stringify(await rowsOf(log, notes()));
      if (name === "redact") expect(kept).not.toContain(erasedOnly(puts, 1 + (nth % puts.length)));
      const revisions = new Set((await tablesOf(log).list()).map(({ revision }) => revision));
      expect(await tablesOf(log).list()).toHaveLength(revisions.size);
      const model = new ReadModel<Note>(log, notes());
      expect((await model.query()).offset).toBe((await log.tail()).offset);
      expect((await model.check()).differences).toEqual([]);
      for (const one of [log, other]) await one.close();
    });
    await fc.assert(runs, { numRuns: 40 });
  }, 120_000);
});

/** The erased text, where no other event holds it; else something that no document holds. */
function erasedOnly(puts: ReadonlyArray<readonly [string, { readonly text?: string } | null]>, offset: number): string {
  const holders = puts.flatMap(([, data], i) => (JSON.stringify(data)?.includes(SECRET) ? [i + 1] : []));
  return holders.length === 1 && holders[0] === offset ? SECRET : "\u0000 no text";
}
