import { expect, test } from "vitest";
import type { SessionRecord } from "../../projections/session-record.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { importRecords } from "../../src/session/import-records.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { nastyFields, record, withFields } from "./records.js";

const A = { source: "minsky-json:/old.json" };
const B = { source: "minsky-sqlite:/old.db" };

function newStore(): SessionStore {
  return new SessionStore(new MemoryLog(), { actor: "ada" });
}

function found(...records: unknown[]) {
  return records.map((one, index) => ({ place: `/${index}`, record: one as Record<string, unknown> }));
}

async function branchAfter(store: SessionStore): Promise<unknown> {
  return (await store.get("a")).record.branch;
}

test("importing the same again leaves alone what was changed here since", async () => {
  const store = newStore();
  await importRecords(store, found(record("a", { branch: "old" })), A);
  await store.update("a", { branch: "mine" });
  const { offset } = await store.log.tail();
  const again = await importRecords(store, found(record("a", { branch: "old" })), A);
  expect([again.unchanged, await branchAfter(store), (await store.log.tail()).offset]).toEqual([1, "mine", offset]);
});

test("a newer copy brings only what it changed, and again it brings nothing", async () => {
  const store = newStore();
  await importRecords(store, found(record("a", { branch: "old", status: "CREATED" })), A);
  await store.update("a", { branch: "mine", commitCount: 1 });
  const newer = found(record("a", { branch: "old", status: "MERGED" }));
  expect(await importRecords(store, newer, A)).toMatchObject({ updated: 1 });
  expect((await store.get("a")).record).toEqual(record("a", { branch: "mine", status: "MERGED", commitCount: 1 }));
  await store.update("a", { status: "CLOSED" });
  expect(await importRecords(store, newer, A)).toMatchObject({ updated: 0, unchanged: 1 });
  expect((await store.get("a")).record.status).toBe("CLOSED");
});

test("the same change here and there is one that the source has made: it is not made again", async () => {
  const store = newStore();
  await importRecords(store, found(record("a", { branch: "old" })), A);
  await store.update("a", { branch: "both" });
  await importRecords(store, found(record("a", { branch: "both" })), A);
  await store.update("a", { branch: "mine" });
  await importRecords(store, found(record("a", { branch: "both" })), A);
  expect(await branchAfter(store)).toBe("mine");
});

test("a newer copy under another name is known by what was last imported", async () => {
  const store = newStore();
  await importRecords(store, found(record("a", { branch: "old" })), A);
  await store.update("a", { branch: "mine" });
  await importRecords(store, found(record("a", { branch: "old", status: "MERGED" })), {
    source: "minsky-json:/new.json",
  });
  expect((await store.get("a")).record).toEqual(record("a", { branch: "mine", status: "MERGED" }));
});

test("an old backup under another name brings nothing back", async () => {
  const store = newStore();
  const old = found(record("a", { branch: "old" }));
  await importRecords(store, old, A);
  await importRecords(store, found(record("a", { branch: "new" })), A);
  expect(await importRecords(store, old, { source: "minsky-json:/backup.json" })).toMatchObject({ unchanged: 1 });
  expect(await branchAfter(store)).toBe("new");
});

test("two sources that differ are each imported once, not in turns", async () => {
  const store = newStore();
  const [inA, inB] = [found(record("a", { branch: "A" })), found(record("a", { branch: "B" }))];
  await importRecords(store, inA, A);
  await importRecords(store, inB, B);
  const tail = await store.log.tail();
  await importRecords(store, inA, A);
  await importRecords(store, inB, B);
  expect([await store.log.tail(), await branchAfter(store)]).toEqual([tail, "B"]);
});

test("the base folder is taken over once, and told", async () => {
  const store = newStore();
  const options = { ...A, baseDir: "/srv/minsky" };
  const report = await importRecords(store, found(record("a")), options);
  expect(report.notes).toEqual([
    expect.objectContaining({ kind: "remark", why: expect.stringContaining("/srv/minsky") }),
  ]);
  expect((await store.settings()).document).toEqual({ baseDir: "/srv/minsky" });
  const { offset } = await store.log.tail();
  expect(offset).toBe(2);
  expect((await importRecords(store, found(record("a")), options)).notes).toEqual([]);
  expect((await store.log.tail()).offset).toBe(offset);
});

test("an atomic import is one append", async () => {
  const store = newStore();
  const records = found(...Array.from({ length: 700 }, (_, i) => record(`s${i}`)));
  await importRecords(store, records, { ...A, atomic: true, baseDir: "/srv" });
  for await (const page of store.log.readAll()) for (const event of page) expect(event.commit).toBe(701);
});

test("secrets in any place are replaced before anything is written", async () => {
  const store = newStore();
  const key = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----";
  const report = await importRecords(
    store,
    found(
      record("a", {
        repoUrl: "https://ada:hunter2@example.com/r.git",
        github: { owner: "o", token: "ghp_0123456789abcdefghij" },
        pullRequest: { github: { access_token: "plain" }, body: `see ghp_0123456789abcdefghij and ${key}` },
        list: ["postgres://u:pa55@h/db"],
        note: "https://example.com:8080/a@b stays, and so does user@host",
      }),
    ),
    A,
  );
  const { record: stored } = await store.get("a");
  expect(stored).toEqual(
    record("a", {
      repoUrl: "https://ada:***@example.com/r.git",
      github: { owner: "o", token: "env:GITHUB_TOKEN" },
      pullRequest: { github: { access_token: "***" }, body: "see *** and ***" },
      list: ["postgres://u:***@h/db"],
      note: "https://example.com:8080/a@b stays, and so does user@host",
    }),
  );
  expect(JSON.stringify(report)).not.toMatch(/hunter2|ghp_|plain|pa55|abc/);
  expect(report).toMatchObject({ repaired: 1, refused: 0 });
});

test("law: after any changes here, a source imported twice is imported once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom("A", "B", "local"), nastyFields), { minLength: 1, maxLength: 5 }),
      async (steps) => {
        const store = newStore();
        const last = new Map<string, SessionRecord>();
        for (const [who, fields] of steps) {
          const next = withFields("a", fields);
          if (who !== "local") {
            await importRecords(store, found(next), { source: who });
            last.set(who, next);
          } else if ((await store.load("a")) !== null) await store.update("a", () => next);
        }
        const tail = await store.log.tail();
        for (const [source, next] of last) {
          expect(await importRecords(store, found(next), { source })).toMatchObject({ unchanged: 1 });
        }
        expect(await store.log.tail()).toEqual(tail);
      },
    ),
    { numRuns: 1000 },
  );
}, 120_000);
