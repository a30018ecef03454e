import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMinskyJson } from "../../src/import/minsky-json.js";
import { isWellFormed } from "../../src/log/canonical.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { exportSessions } from "../../src/session/export-sessions.js";
import { importRecords } from "../../src/session/import-records.js";
import { SessionStore } from "../../src/session/session-store.js";
import { legacySessions } from "../fixtures/legacy-sessions.js";
import { nastyFields, record, withFields } from "../session/records.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";

const JSON_FORMAT = { kind: "minsky-json" } as const;

function newStore(): SessionStore {
  return new SessionStore(new MemoryLog(), { actor: "ada" });
}

async function imported(file: string): Promise<SessionStore> {
  const store = newStore();
  const { records, baseDir, layout } = await readMinskyJson(file);
  expect(layout).toBe("sessions and baseDir");
  const options = baseDir === undefined ? {} : { baseDir };
  const report = await importRecords(store, records, { source: `minsky-json:${file}`, ...options });
  expect(report).toMatchObject({ read: records.length, imported: records.length });
  return store;
}

async function records(store: SessionStore, asOf?: number) {
  const { documents } = await store.list(asOf === undefined ? {} : { asOf });
  return documents.map((document) => document.record);
}

const id = fc.oneof(
  fc.constantFrom("task#064", "task-md#123", "__proto__", "constructor", "a/b", "../x", ".", " ", "𝄞", '"', "=1+1"),
  fc
    .string({ unit: "binary", minLength: 1, maxLength: 8 })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ids have none
    .filter((text) => isWellFormed(text) && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)),
);

test("law: what is exported and imported into an empty log is the same, in the same order", async () => {
  const file = join(tempDir(), "session-db.json");
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(id, nastyFields), { selector: ([key]) => key, maxLength: 6 }),
      fc.option(fc.constantFrom("/srv/minsky", "C:\\x", 'a"b\u2028')),
      async (entries, baseDir) => {
        const store = newStore();
        for (const [key, fields] of entries) await store.create(withFields(key, fields));
        if (baseDir !== null) await importRecords(store, [], { source: "test", baseDir });
        await exportSessions(store, JSON_FORMAT, file, { replace: true });
        const back = await imported(file);
        expect(await records(back)).toEqual(await records(store));
        expect((await back.settings()).document).toEqual((await store.settings()).document);
      },
    ),
    { numRuns: 150 },
  );
});

test("217 legacy sessions go out as they came in, and importing them where they came from adds nothing", async () => {
  const [legacy, file] = [join(tempDir(), "legacy.json"), join(tempDir(), "out.json")];
  writeFileSync(legacy, JSON.stringify({ sessions: legacySessions(), baseDir: "/srv/state" }));
  const store = await imported(legacy);
  expect(await exportSessions(store, JSON_FORMAT, file)).toMatchObject({ sessions: 217, offset: 218, faulty: 0 });
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ sessions: legacySessions(), baseDir: "/srv/state" });
  const tail = await store.log.tail();
  const { records: again, baseDir = "" } = await readMinskyJson(file);
  await importRecords(store, again, { source: "minsky-json:again", baseDir });
  expect(await store.log.tail()).toEqual(tail);
});

test("as of an offset: the sessions and the base folder of then, without what was deleted", async () => {
  const store = newStore();
  const folder = tempDir();
  await store.create(record("a", { branch: "old" }));
  await importRecords(store, [], { source: "test", baseDir: "/then" });
  await store.update("a", { branch: "new" });
  await store.create(record("gone"));
  await store.delete("gone");
  await importRecords(store, [], { source: "test", baseDir: "/now" });
  const read = async (asOf?: number) => {
    const options = asOf === undefined ? {} : { asOf };
    const { file } = await exportSessions(store, JSON_FORMAT, join(folder, `${asOf}.json`), options);
    return JSON.parse(readFileSync(file, "utf8"));
  };
  expect(await read(2)).toEqual({ sessions: [record("a", { branch: "old" })], baseDir: "/then" });
  expect(await read()).toEqual({ sessions: [record("a", { branch: "new" })], baseDir: "/now" });
  expect((await read(0)).sessions).toEqual([]);
});

test("the file is for its owner only, and stands there whole; nothing else is left in its folder", async () => {
  const folder = tempDir();
  const file = join(folder, "session-db.json");
  await exportSessions(newStore(), JSON_FORMAT, file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["session-db.json"]);
});

test("a file that is there is refused and not touched, but for who says so; a link stays a link", async () => {
  const folder = tempDir();
  const [file, link] = [join(folder, "there.json"), join(folder, "link.json")];
  writeFileSync(file, "mine");
  symlinkSync(file, link);
  for (const path of [file, link]) {
    await expect(exportSessions(newStore(), JSON_FORMAT, path)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
  }
  expect(readFileSync(file, "utf8")).toBe("mine");
  await exportSessions(newStore(), JSON_FORMAT, link, { replace: true });
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ sessions: [] });
  expect(readdirSync(folder).sort()).toEqual(["link.json", "there.json"]);
});

test.each(["no/such/folder/x.json", "."])("a place that cannot be written is an error: %s", async (name) => {
  const folder = tempDir();
  await expect(exportSessions(newStore(), JSON_FORMAT, join(folder, name), { replace: true })).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
  });
  expect(readdirSync(folder)).toEqual([]);
});

test.each(["jsonl", "sqlite"])("the store itself is never replaced: %s", async (scheme) => {
  const path = join(tempDir(), "s.log");
  const log = await openLog(`${scheme}:${path}`);
  try {
    const store = new SessionStore(log, { actor: "ada" });
    await store.create(record("a"));
    await expect(exportSessions(store, JSON_FORMAT, path, { replace: true })).rejects.toMatchObject({
      code: "TARGET_IS_SOURCE",
    });
    expect((await store.list()).documents).toHaveLength(1);
  } finally {
    await log.close();
  }
});
