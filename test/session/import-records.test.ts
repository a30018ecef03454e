import { expect, test } from "vitest";
import { emptyReport } from "../../src/import/report.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { importRecords } from "../../src/session/import-records.js";
import { SessionStore } from "../../src/session/session-store.js";
import { record } from "./records.js";

const OPTIONS = { source: "minsky-json:old.json", actor: "importer" };

function newStore(): SessionStore {
  return new SessionStore(new MemoryLog(), { actor: "ada" });
}

function found(...records: unknown[]) {
  return records.map((one, index) => ({ place: `/${index}`, record: one as Record<string, unknown> }));
}

test("every record is counted once, and what was done to it is told", async () => {
  const store = newStore();
  await store.create(record("gone"));
  await store.delete("gone");
  await store.create(record("same"));
  await store.create(record("other", { branch: "x" }));
  const report = await importRecords(
    store,
    found(
      record("new", { taskId: "" }),
      record("twice", { branch: "first" }),
      record("twice", { branch: "last" }),
      record("same"),
      record("other", { branch: "y" }),
      record("gone"),
      { sessionId: "by-session-id", createdAt: "2025-01-01" },
      { name: "by-name", createdAt: "2025-01-01" },
      record("token", { github: { owner: "o", token: "ghp_secret" } }),
      record("when", { createdAt: "yesterday" }),
      "no record",
      { repoName: "no id" },
      record("bad\u0000id"),
    ),
    OPTIONS,
  );
  expect(report).toMatchObject({
    read: 13,
    imported: 6,
    updated: 1,
    unchanged: 1,
    duplicates: 1,
    refused: 4,
    repaired: 3,
  });
  const { imported, updated, unchanged, duplicates, refused } = report;
  expect(imported + updated + unchanged + duplicates + refused).toBe(report.read);
  expect(report.notes.map(({ kind, place }) => `${kind} ${place}`).sort()).toEqual([
    "duplicate /1",
    "refused /10",
    "refused /11",
    "refused /12",
    "refused /5",
    "remark /9",
    "repaired /6",
    "repaired /7",
    "repaired /8",
  ]);
  expect(JSON.stringify(report)).not.toContain("ghp_secret");
  expect((await store.get("twice")).record.branch).toBe("last");
  expect((await store.get("when")).record.createdAt).toBe("yesterday");
  expect((await store.get("by-name")).record).toEqual({ session: "by-name", name: "by-name", createdAt: "2025-01-01" });
  expect((await store.get("token")).record.github).toEqual({ owner: "o", token: "env:GITHUB_TOKEN" });
  expect(await store.load("gone")).toBeNull();
});

test("what is refused says what is wrong with it, and where in the record", async () => {
  const report = await importRecords(
    newStore(),
    found(record("x".repeat(513)), record("a\nb"), record("\ud800"), record(""), record("half", { t: "\ud800" })),
    OPTIONS,
  );
  expect(report.notes.map(({ place, why }) => `${place}: ${why}`)).toEqual([
    `/0: "${"x".repeat(59)}… is no id for a session: it is longer than 512 bytes`,
    '/1: "a\\nb" is no id for a session: it must not contain control characters',
    "/2: a lone surrogate has no identical form on every backend (at /session)",
    '/3: "" is no id for a session: it must be a string that is not empty',
    "/4: a lone surrogate has no identical form on every backend (at /t)",
  ]);
});

test("a record without an id says so, and which of its keys is one but for its case", async () => {
  const { notes } = await importRecords(newStore(), found({}, { Session: "a" }, { NAME: "a" }), OPTIONS);
  expect(notes.map(({ why }) => why)).toEqual([
    "it has no id",
    'it has no id: the key "Session" is written "session"',
    'it has no id: the key "NAME" is written "name"',
  ]);
});

test.each(["task 12", "banana 7", "0", "-1", "Monday 3", "2025", "2025-02-30T00:00:00Z"])(
  "a createdAt that is no time is told, also where Date.parse makes one of it: %s",
  async (createdAt) => {
    const { notes } = await importRecords(newStore(), found(record("a", { createdAt })), OPTIONS);
    expect(notes).toEqual([{ kind: "remark", place: "/0", id: "a", why: expect.stringContaining("is no time") }]);
  },
);

test.each([
  ...["2025-06-23T16:46:12.144Z", "2025-06-23", "2025-06", "2025-06-23 16:46:12+02", "+275760-09-13T00:00:00.000Z"],
  ...["-000044-03-15T12:00:00Z", new Date(0).toString(), new Date(0).toUTCString()],
])("a createdAt that is one is not: %s", async (createdAt) => {
  expect((await importRecords(newStore(), found(record("a", { createdAt })), OPTIONS)).notes).toEqual([]);
});

test("importing the same again appends nothing", async () => {
  const store = newStore();
  const records = found(...Array.from({ length: 1234 }, (_, i) => record(`s${i}`, { prApproved: i % 2 === 0 })));
  expect(await importRecords(store, records, OPTIONS)).toMatchObject({ imported: 1234, notes: [] });
  const tail = await store.log.tail();
  expect(await importRecords(store, records, OPTIONS)).toMatchObject({ imported: 0, unchanged: 1234 });
  expect(await store.log.tail()).toEqual(tail);
});

test("records too large for one append come in several", async () => {
  const large = "x".repeat(15 * 1024 * 1024);
  const records = found(...Array.from({ length: 6 }, (_, i) => record(`s${i}`, { large })));
  expect(await importRecords(newStore(), records, OPTIONS)).toMatchObject({ imported: 6, refused: 0 });
});

test("each append tells how many of the records are done", async () => {
  const told: number[][] = [];
  const records = Array.from({ length: 1200 }, (_, i) => record(`s${i}`));
  const onProgress = (done: number, total: number) => told.push([done, total]);
  await importRecords(newStore(), found(...records), { source: "test:progress", onProgress });
  expect(told).toEqual([
    [500, 1200],
    [1000, 1200],
    [1200, 1200],
  ]);
});

test("each event names its source, its actor and the reason", async () => {
  const store = newStore();
  await store.create(record("a", { branch: "x" }));
  await importRecords(store, found(record("a"), record("b")), { ...OPTIONS, reason: "take over" });
  const [, changed] = await store.history("a");
  const [imported] = await store.history("b");
  const meta = { schema: 1, source: OPTIONS.source, reason: "take over" };
  for (const event of [changed, imported])
    expect(event).toMatchObject({ type: "session.imported", actor: "importer", meta });
  expect(changed?.data).toEqual({ patch: [{ op: "remove", path: "/branch" }] });
});

test("nothing to import is a report of nothing", async () => {
  expect(await importRecords(newStore(), [], OPTIONS)).toEqual(emptyReport(OPTIONS.source, "records"));
});

test("a record nested too deep to be changed later is refused alone", async () => {
  let deep: unknown = 1;
  for (let i = 0; i < 198; i++) deep = [deep];
  const report = await importRecords(newStore(), found(record("deep", { deep }), record("fine")), OPTIONS);
  expect(report).toMatchObject({ imported: 1, refused: 1 });
});
