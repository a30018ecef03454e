import { describe, expect, test } from "vitest";
import { collabSessions } from "../../projections/collab-sessions.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import type { CollabSearchOptions } from "../../src/collab/search.js";
import { isWellFormed } from "../../src/log/canonical.js";
import { parseSearch } from "../../src/query/search-terms.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { BACKENDS, opened } from "../read-model/backends.js";
import { fc } from "../support/fast-check.js";

/** Few words, so that they meet often; some are beginnings of others, some come twice in a row, one is in most texts. */
const WORDS = [
  "the",
  "the",
  "the",
  "log",
  "log",
  "logs",
  "store",
  "stored",
  "stör",
  "登",
  "录",
  "a1",
  "a",
  "ЖУР",
  "x%y",
];
const word = fc.constantFrom(...WORDS);
const short = fc.array(word, { maxLength: 12 }).map((words) => words.join(" "));
/** Too many of one word, or too many words, for one tsvector. */
const long = fc
  .tuple(word, fc.integer({ min: 230, max: 600 }), short, fc.integer({ min: 0, max: 9_000 }), short)
  .map(([one, times, middle, others, end]) => {
    const repeated = Array.from({ length: times }, (_, i) => (i % 7 === 0 ? "log store" : one));
    const filling = Array.from({ length: others }, (_, i) => `f${i % 900}`);
    return [...repeated, middle, ...filling, end, ...repeated.slice(0, 40)].join(" ");
  });
const text = fc.oneof({ weight: 25, arbitrary: short }, { weight: 1, arbitrary: long });

interface Written {
  readonly kind: "chunk" | "memory" | "artifact";
  readonly session: "s" | "t";
  readonly key: number;
  readonly text: string;
}
const written: fc.Arbitrary<Written> = fc.record({
  kind: fc.constantFrom("chunk" as const, "memory" as const, "artifact" as const),
  session: fc.constantFrom("s" as const, "t" as const),
  // Often the same one again: of what has several texts, only the newest counts.
  key: fc.nat({ max: 15 }),
  text,
});
const phrase = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => `"${words.join(" ")}"`);
const term = fc.tuple(fc.constantFrom("", "", "", "-"), fc.oneof(word, word, phrase), fc.constantFrom("", "", "*"));
const query = fc
  .array(
    term.map((parts) => parts.join("")),
    { minLength: 1, maxLength: 4 },
  )
  .map((terms) => terms.join(" "))
  .filter(isQuery);
const options: fc.Arbitrary<CollabSearchOptions> = fc.record(
  {
    session: fc.constantFrom("s", "t"),
    kinds: fc.subarray(["chunk" as const, "memory" as const, "artifact" as const], { minLength: 1 }),
    limit: fc.constantFrom(1, 3, 10, 100),
  },
  { requiredKeys: [] },
);

function isQuery(asked: string): boolean {
  try {
    return parseSearch(asked).length > 0;
  } catch {
    return false;
  }
}

async function storesOnAllBackends(): Promise<CollaborativeSessions[]> {
  return Promise.all(
    BACKENDS.map(async ([, fresh]) => {
      const store = new CollaborativeSessions(await opened(await fresh()), { actor: "a" });
      await store.sessions.create("s");
      await store.sessions.create("t");
      return store;
    }),
  );
}

async function write(store: CollaborativeSessions, { kind, session, key, text: content }: Written, i: number) {
  if (kind === "chunk") await store.chunks.add(session, `c${i}`, { content });
  else if (kind === "memory") await store.memories.set(session, `k${key}`, { type: "fact", content, tags: [] });
  else await store.artifacts.save(session, `f${key}`, { content, type: "code", name: `n${key % 3}` });
}

/** What a reader sees: everything but times. */
async function seen(store: CollaborativeSessions, asked: string, given: CollabSearchOptions) {
  const { hits, more } = await store.search(asked, given);
  return { hits: hits.map(({ created: _created, ...hit }) => hit), more };
}

describe("whatever was written, replaced and asked", () => {
  test("all backends give the same hits with the same scores and snippets in the same order", {
    timeout: 240_000,
  }, async () => {
    const stores = await storesOnAllBackends();
    const all = fc.sample(written, { numRuns: 150, seed: 3 });
    for (const [i, one] of all.entries()) {
      for (const store of stores) await write(store, one, i);
      // Tables are brought up to date in between, in steps that differ from backend to backend.
      if (i % 40 === 0) for (const store of stores.slice(i % 3)) await store.search("log");
    }
    const [jsonl, ...others] = stores as [CollaborativeSessions, ...CollaborativeSessions[]];
    const { offset } = await jsonl.log.tail();
    await fc.assert(
      fc.asyncProperty(query, options, async (asked, given) => {
        const expected = await seen(jsonl, asked, given);
        for (const store of others) expect(await seen(store, asked, given), store.log.url).toEqual(expected);
        expect(await seen(jsonl, asked, { ...given, asOf: offset }), "as of the tail").toEqual(expected);
        const { hits } = await seen(jsonl, asked, { ...given, limit: 100 });
        expect(hits.slice(0, given.limit ?? 20), "a page is the beginning of a longer one").toEqual(expected.hits);
      }),
      { numRuns: 150, seed: 5 },
    );
  });

  test("words of any script are found by all backends alike, whole, by their beginning and as phrases", {
    timeout: 240_000,
  }, async () => {
    const stores = await storesOnAllBackends();
    const scripts = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.string({ unit: "binary", maxLength: 30 }),
    );
    const texts = fc.sample(scripts, { numRuns: 120, seed: 23 }).filter(isWellFormed);
    for (const store of stores) {
      for (const [i, content] of texts.entries()) await store.chunks.add("s", `c${i}`, { content });
    }
    const part = fc
      .tuple(fc.constantFrom(...texts), fc.nat(30), fc.integer({ min: 1, max: 6 }))
      .map(([from, at, size]) =>
        [...from].slice(at % Math.max(1, [...from].length), (at % Math.max(1, [...from].length)) + size).join(""),
      );
    const asked = fc
      .tuple(part, fc.constantFrom("", "*"), fc.boolean())
      .map(([one, star, isQuoted]) => (isQuoted ? `"${one.replaceAll('"', "")}"${star}` : `${one}${star}`))
      .filter(isQuery);
    await fc.assert(
      fc.asyncProperty(asked, async (query) => {
        const [expected, ...others] = await Promise.all(stores.map((store) => seen(store, query, { limit: 100 })));
        for (const other of others) expect(other).toEqual(expected);
      }),
      { numRuns: 300, seed: 37 },
    );
  });

  test("documents whose projection does not say which text is newer are ranked the same, and by id", {
    timeout: 120_000,
  }, async () => {
    const stores = await storesOnAllBackends();
    const texts = fc.sample(fc.tuple(short, short), { numRuns: 40, seed: 13 });
    for (const store of stores) {
      // Backwards, so that ids go another way than time.
      for (const [i, [title, context]] of texts.entries())
        await store.sessions.create(`x${99 - i}`, { title: `t ${title}`, context });
      await new ReadModel(store.log, collabSessions).search("log");
      for (const [i, [, context]] of texts.entries()) {
        if (i % 3 === 0) await store.sessions.update(`x${99 - i}`, { context: `log ${context} log` });
      }
    }
    const models = stores.map(({ log }) => new ReadModel(log, collabSessions));
    await fc.assert(
      fc.asyncProperty(query, fc.constantFrom(2, 100), async (asked, limit) => {
        const [expected, ...others] = await Promise.all(
          models.map(async (model) => {
            const { hits, more } = await model.search(asked, { limit });
            return { more, hits: hits.map(({ document: { id }, score }) => ({ id, score })) };
          }),
        );
        for (const other of others) expect(other).toEqual(expected);
        const ordered = expected?.hits.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
        expect(expected?.hits).toEqual(ordered);
      }),
      { numRuns: 100, seed: 17 },
    );
  });
});
