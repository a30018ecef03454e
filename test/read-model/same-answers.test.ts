import { describe, expect, test } from "vitest";
import type { Json } from "../../src/log/canonical.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import type { Comparison, Query } from "../../src/query/query.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { fc } from "../support/fast-check.js";
import { BACKENDS } from "./backends.js";
import { type Note, notes, put } from "./notes.js";

/** Odd on purpose: other types, texts that sort differently in UTF-16, letters that no database folds alike. */
const TEXTS = [
  "a",
  "A",
  "ab",
  "b",
  "",
  " ",
  "é",
  "ß",
  "İstanbul",
  "\u0000",
  "\u0001",
  "a\u0000b",
  "\uffee",
  "😀",
  "a'b\"c",
  "%_\\",
  "x".repeat(300),
  `${"x".repeat(256)}y`,
  "auth-refactor of the Login page",
  "login login page",
  "会議は東京で",
  "東京",
  "NULL",
  "-1",
  "\u0301",
  "ﬁne",
];
const text = fc.constantFrom(...TEXTS);
const number = fc.constantFrom(0, -1, 1, 1.5, 2 ** 53, 1e300, -1e-300, 3);
const odd = fc.constantFrom<Json>(null, true, false, [], { a: 1 }, "7", 7);
const value = fc.oneof(text, number, odd);
const note = fc.record(
  { title: fc.oneof(text, odd), rank: fc.oneof(number, odd), done: value, text },
  { requiredKeys: [] },
);
const ids = fc.constantFrom("a", "b", "__proto__", "constructor", "", "Ä", "😀", "\uffee", "x y");
const history = fc.array(fc.tuple(ids, fc.option(note)), { minLength: 1, maxLength: 25 });

const WORDS = [
  "login",
  "Log*",
  '"login page"',
  "-page",
  "東京",
  "会議*",
  "fine",
  "x*",
  "İSTANBUL",
  "auth-refactor",
  "e",
  "NULL",
];
const search = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 }).map((words) => words.join(" "));
const textCheck = fc.oneof<fc.Arbitrary<Comparison>[]>(
  fc.oneof(text, fc.constant(null)),
  fc.record({ gte: text, lt: text }, { requiredKeys: [] }),
  fc.record({ in: fc.array(fc.oneof(text, fc.constant(null)), { maxLength: 4 }) }),
  fc.record({ ne: fc.oneof(text, fc.constant(null)) }),
  fc.record({ startsWith: text.filter((one) => one.length <= 256) }),
  fc.record({ exists: fc.boolean() }),
);
const where = fc.record(
  {
    title: textCheck,
    rank: fc.oneof(number, fc.record({ gt: number, lte: number }, { requiredKeys: [] }), fc.record({ ne: number })),
    done: fc.oneof(fc.boolean(), fc.constant(null), fc.record({ ne: fc.boolean() })),
    id: fc.oneof(ids, fc.record({ gt: ids }), fc.record({ in: fc.array(ids) })),
  },
  { requiredKeys: [] },
);
const direction = fc.constantFrom<("asc" | "desc")[]>("asc", "desc");
const orderBy = fc.uniqueArray(fc.record({ field: fc.constantFrom("title", "rank", "done", "id"), direction }), {
  selector: ({ field }) => field,
  maxLength: 3,
});
const query: fc.Arbitrary<Query> = fc.record(
  { where: where as fc.Arbitrary<NonNullable<Query["where"]>>, search, orderBy, limit: fc.integer({ min: 1, max: 4 }) },
  { requiredKeys: ["limit"] },
);

/** All pages, one after the other. */
async function allPages(
  model: ReadModel<Note>,
  asked: Query,
): Promise<{ ids: string[]; totals: (number | undefined)[] }> {
  const ids: string[] = [];
  const totals: (number | undefined)[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await model.query({ ...asked, total: true, ...(cursor === undefined ? {} : { cursor }) });
    ids.push(...page.documents.map(({ id }) => id));
    totals.push(page.total);
    cursor = page.next;
  }
  return { ids, totals };
}

describe.each(BACKENDS)("%s", (_, freshUrl) => {
  test("law: every query gives what it gives in memory, page by page", async () => {
    const runs = fc.asyncProperty(history, fc.array(query, { minLength: 1, maxLength: 12 }), async (puts, queries) => {
      const log = await openLog(await freshUrl());
      const reference = new MemoryLog();
      const [model, expected] = [new ReadModel(log, notes()), new ReadModel(reference, notes())];
      for (const [id, data] of puts) await Promise.all([put(log, id, data as Json), put(reference, id, data as Json)]);
      for (const asked of queries) expect(await allPages(model, asked)).toEqual(await allPages(expected, asked));
      expect((await model.check()).differences).toEqual([]);
      for (const [id] of puts) expect(await model.get(id)).toEqual(await expected.get(id));
      await log.close(); // not at the end of the test: a server has only so many connections
    });
    await fc.assert(runs, { numRuns: 12 });
  }, 60_000);
});
