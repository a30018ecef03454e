import { describe, expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import type { CollabSearchOptions } from "../../src/collab/search.js";
import { isWellFormed } from "../../src/log/canonical.js";
import { matchesTerms, parseSearch } from "../../src/query/search-terms.js";
import { searchTextOf, wordsOf } from "../../src/query/search-text.js";
import { snippetOf } from "../../src/query/snippet.js";
import { BACKENDS, opened } from "../read-model/backends.js";
import { fc } from "../support/fast-check.js";

const TEXTS: Readonly<Record<string, string>> = {
  plan: "We decided to use SQLite for storage. The storage layer is append-only, 100% safe.",
  login: "The login page breaks: error ECONNREFUSED at auth-refactor/src/login.ts, see C:\\temp",
  chinese: "修复登录问题，用户无法登录系统",
  russian: "Мы решили использовать журнал событий",
  accents: "Crème brûlée — naïve façade",
  repeated: "storage storage storage storage",
};

async function filled(url: string): Promise<CollaborativeSessions> {
  const store = new CollaborativeSessions(await opened(url), { actor: "user:ada" });
  await store.sessions.create("s");
  await store.sessions.create("t");
  for (const [id, content] of Object.entries(TEXTS)) await store.chunks.add("s", id, { content });
  await store.chunks.add("t", "other", { content: "storage elsewhere", format: "summary" });
  await store.memories.set("s", "db", {
    type: "decision",
    content: { use: "sqlite storage" },
    tags: ["data:base", "x"],
  });
  await store.memories.set("s", "ui", { type: "idea", content: "a storage of ideas", tags: ["x"] });
  await store.artifacts.save("s", "code/main", { content: "const storage = 1", type: "code", name: "main.ts" });
  await store.artifacts.save("s", "code/main", { content: "const memory = 2", type: "code", name: "main.ts" });
  return store;
}

describe.each(BACKENDS)("%s:", (_name, fresh) => {
  test("words, beginnings, phrases and exclusions find the same in all kinds", { timeout: 60_000 }, async () => {
    const store = await filled(await fresh());
    const ids = async (query: string, options: CollabSearchOptions = {}) => {
      const { hits } = await store.search(query, options);
      return hits.map(({ kind, session, id }) => `${kind} ${session}/${id}`).sort();
    };
    expect(await ids("sqlite")).toEqual(["chunk s/plan", "memory s/db"]);
    expect(await ids("STORAGE -sqlite", { session: "s" })).toEqual(["chunk s/repeated", "memory s/ui"]);
    expect(await ids("stor*", { kinds: ["chunk"] })).toEqual(["chunk s/plan", "chunk s/repeated", "chunk t/other"]);
    expect(await ids('"storage layer"')).toEqual(["chunk s/plan"]);
    expect(await ids('"layer storage"')).toEqual([]);
    expect(await ids("auth-refactor")).toEqual(["chunk s/login"]);
    expect(await ids("登录")).toEqual(["chunk s/chinese"]);
    expect(await ids("录登")).toEqual([]);
    expect(await ids("ЖУРНАЛ")).toEqual(["chunk s/russian"]);
    expect(await ids("creme facade")).toEqual(["chunk s/accents"]);
    expect(await ids("storage", { type: "summary" })).toEqual(["chunk t/other"]);
    expect(await ids("storage", { tags: ["x"] })).toEqual(["memory s/db", "memory s/ui"]);
    expect(await ids("storage", { tags: ["x", "data:base"] })).toEqual(["memory s/db"]);
    expect(await ids("storage", { tags: ["database"] })).toEqual([]);
    expect(await ids("main", { type: "code" })).toEqual(["artifact s/code/main"]);
    expect(await ids("const storage")).toEqual([]); // an earlier version
    expect(await ids("storage", { until: "2001-01-01T00:00:00Z" })).toEqual([]);
    expect(await ids("storage", { since: "2001-01-01T00:00:00Z", kinds: ["memory"] })).toHaveLength(2);
    const [best] = (await store.search("storage", { kinds: ["chunk"], session: "s" })).hits;
    expect(best?.id).toBe("repeated");
  });

  test("quotes, %, *, : and operators of other languages are data", async () => {
    const store = await filled(await fresh());
    for (const query of [
      "100%",
      "C:\\temp",
      "login.ts:",
      "'login'",
      "login AND",
      "NEAR(login)",
      "login;--",
      "(login",
    ]) {
      await expect(store.search(query), query).resolves.toMatchObject({ more: false });
    }
    expect((await store.search("100%")).hits.map(({ id }) => id)).toEqual(["plan"]);
    expect((await store.search('"unclosed login')).hits).toEqual([]);
    for (const query of ["", "***", '""', "%", ": -"]) {
      await expect(store.search(query), query).rejects.toMatchObject({ code: "QUERY_INVALID" });
    }
    await expect(store.search("x", { session: "none" })).rejects.toMatchObject({ code: "COLLAB_SESSION_NOT_FOUND" });
    await expect(store.search("x", { limit: 0 })).rejects.toMatchObject({ code: "COLLAB_INVALID" });
  });

  test("a search sees what was just written, and, asked as of a point, what was there then", async () => {
    const store = await filled(await fresh());
    const { offset } = await store.log.tail();
    await store.chunks.add("s", "late", { content: "storage of the last day" });
    const ids = async (options: CollabSearchOptions) =>
      (await store.search("storage", options)).hits.map(({ id }) => id);
    expect(await ids({ kinds: ["chunk"] })).toContain("late");
    expect(await ids({ kinds: ["chunk"], asOf: offset })).not.toContain("late");
    expect(await ids({ kinds: ["artifact"] })).toEqual([]);
    expect(await ids({ kinds: ["artifact"], asOf: offset - 1 })).toEqual(["code/main"]);
  });

  test("a long text is found by words that stand far from each other, and its snippet shows one of them", async () => {
    const store = await filled(await fresh());
    const middle = Array.from({ length: 60_000 }, (_, i) => `w${i}`).join(" ");
    await store.chunks.add("s", "long", { content: `needle at the start ${middle} haystack at the end` });
    const { hits } = await store.search("needle haystack");
    expect(hits.map(({ id }) => id)).toEqual(["long"]);
    expect((await store.search('"haystack at the end"')).hits[0]?.snippet.text).toMatch(/^….*haystack at the end$/);
    expect((await store.search("needle -haystack")).hits).toEqual([]);
  });
});

const word = fc.constantFrom("storage", "store", "stör", "log", "登", "录", "a1", "ЖУР", "x%y", "it's", "#", "tag");
const text = fc.array(word, { maxLength: 8 }).map((words) => words.join(" "));
const term = fc.tuple(
  fc.constantFrom("", "-"),
  fc.oneof(
    word,
    text.map((one) => `"${one}"`),
  ),
  fc.constantFrom("", "*"),
);
const query = fc
  .array(
    term.map((parts) => parts.join("")),
    { minLength: 1, maxLength: 4 },
  )
  .map((terms) => terms.join(" "));

test("whatever the texts and the query: all backends find what holds it, and nothing else", {
  timeout: 120_000,
}, async () => {
  const stores = await Promise.all(
    BACKENDS.map(async ([, fresh]) => new CollaborativeSessions(await opened(await fresh()), { actor: "a" })),
  );
  for (const store of stores) await store.sessions.create("s");
  const texts = fc.sample(text, { numRuns: 60, seed: 7 });
  for (const store of stores) {
    for (const [i, content] of texts.entries()) await store.chunks.add("s", `c${i}`, { content });
  }
  await fc.assert(
    fc.asyncProperty(query, async (asked) => {
      const terms = (() => {
        try {
          return parseSearch(asked);
        } catch {
          return undefined;
        }
      })();
      fc.pre(terms !== undefined);
      const expected = texts.flatMap((one, i) => (matchesTerms(searchTextOf([one]), terms ?? []) ? [`c${i}`] : []));
      for (const store of stores) {
        const { hits } = await store.search(asked, { limit: 100 });
        expect(hits.map(({ id }) => id).sort(), store.log.url).toEqual(expected.sort());
      }
    }),
    { numRuns: 100, seed: 11 },
  );
});

test("a word stands for itself: to search for what was found finds it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (from) => {
      for (const one of wordsOf(from)) expect(wordsOf(one)).toEqual([one]);
    }),
    { numRuns: 2_000 },
  );
  expect(wordsOf("𝖁Ҝ ΣΊΣΥΦΟΣ İstanbul ﬁn")).toEqual(["vҝ", "σισυφοσ", "istanbul", "fin"]);
});

describe("a snippet", () => {
  test("marks words as they stand in the text, with accents, case and scripts without spaces", () => {
    const shown = (from: string, asked: string) => {
      const { text: cut, marks } = snippetOf(from, parseSearch(asked));
      return marks.map(([a, b]) => cut.slice(a, b));
    };
    expect(shown("The Crème brûlée", "creme brulee")).toEqual(["Crème", "brûlée"]);
    expect(shown("用户无法登录系统", "登录")).toEqual(["登录"]);
    expect(shown("auth-refactor and refactor", '"auth refactor"')).toEqual(["auth-refactor"]);
    expect(shown("storage, stored; store", "stor*")).toEqual(["storage", "stored", "store"]);
    expect(shown("nothing of it", "storage")).toEqual([]);
    expect(shown("a b", "a -b")).toEqual(["a"]);
  });

  test("holds half of no character, and is never longer than it says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), fc.constantFrom("a", "1*", "é"), (from, asked) => {
        const { text: cut, marks } = snippetOf(from, parseSearch(asked));
        expect(isWellFormed(cut) || !isWellFormed(from)).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(243);
        for (const [a, b] of marks) expect(a < b && b <= cut.length).toBe(true);
      }),
    );
  });
});
