import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readMinskyJson } from "../../src/import/minsky-json.js";

const folder = mkdtempSync(join(tmpdir(), "sessiondb-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string | Uint8Array): string {
  const path = join(folder, "session-db.json");
  writeFileSync(path, content);
  return path;
}

const RECORD = { session: "task#1", repoName: "r" };

test.each<[string, unknown, string, string, string | undefined]>([
  ["a bare array", [RECORD], "bare array", "/0", undefined],
  ["sessions and baseDir", { sessions: [RECORD], baseDir: "/b" }, "sessions and baseDir", "/sessions/0", "/b"],
  [
    "the backup envelope",
    { timestamp: "t", version: "1.0", data: { sessions: [RECORD], baseDir: "/b" } },
    "backup envelope",
    "/data/sessions/0",
    "/b",
  ],
  [
    "a map with a baseDir",
    { sessions: { "task#1": { repoName: "r" } }, baseDir: "/b" },
    "sessions and baseDir",
    "/sessions/task#1",
    "/b",
  ],
  [
    "a backup of a map",
    { data: { sessions: { "task#1": RECORD } } },
    "backup envelope",
    "/data/sessions/task#1",
    undefined,
  ],
  ["a map", { "task#1": { repoName: "r" } }, "map by session", "/task#1", undefined],
])("%s is read", async (_name, content, layout, place, baseDir) => {
  const read = await readMinskyJson(file(JSON.stringify(content)));
  expect(read).toEqual({ layout, baseDir, records: [{ place, record: RECORD }], remarks: [] });
});

test.each([
  ["at the root", (map: object) => map, ""],
  ["of sessions", (map: object) => ({ sessions: map }), "/sessions"],
])("in a map %s, one that is no record leaves the others what they are", async (_where, inFile, at) => {
  const map = { "task#1": RECORD, bad: null, worse: 5 };
  const { records } = await readMinskyJson(file(JSON.stringify(inFile(map))));
  expect(records).toEqual([
    { place: `${at}/task#1`, record: RECORD },
    { place: `${at}/bad`, record: null },
    { place: `${at}/worse`, record: 5 },
  ]);
});

test("the record of a session that is called sessions is no map", async () => {
  const record = { session: "sessions", prState: { exists: true } };
  const { records } = await readMinskyJson(file(JSON.stringify({ sessions: record })));
  expect(records).toEqual([{ place: "/sessions", record }]);
});

test("objects of any other file are no sessions", async () => {
  const other = { compilerOptions: { strict: true }, watchOptions: {} };
  await expect(readMinskyJson(file(JSON.stringify(other)))).rejects.toMatchObject({ code: "IMPORT_LAYOUT_UNKNOWN" });
});

test("an empty file has no records and says so", async () => {
  expect(await readMinskyJson(file(""))).toMatchObject({
    layout: "empty file",
    records: [],
    remarks: ["the file is empty"],
  });
});

test("an empty list is an empty list", async () => {
  expect(await readMinskyJson(file("[]"))).toMatchObject({ layout: "bare array", records: [] });
});

test("a byte order mark is passed over and told", async () => {
  const read = await readMinskyJson(file("\ufeff[]"));
  expect(read.remarks).toHaveLength(1);
});

test("keys that stand twice in a map are told: JSON keeps only the last one", async () => {
  const text = '{"a\\"{":{"branch":"1","x":"}"},"b":{"b":{},"a":[{"b":1}]},"\\u0061\\"{":{"branch":"2"}}';
  const { records, remarks } = await readMinskyJson(file(text));
  expect(records.map(({ record }) => record.branch)).toEqual(["2", undefined]);
  expect(remarks).toEqual([
    expect.stringContaining('1 keys stand more than once; the last value of each was taken: "a\\"{"'),
  ]);
});

test("keys that stand twice in a record of a list are told, too", async () => {
  const { remarks } = await readMinskyJson(
    file('[{"session":"a","branch":"1","branch":"2"},{"session":"b","branch":"1"}]'),
  );
  expect(remarks).toEqual([expect.stringContaining('"branch"')]);
});

test("a whole number beyond 2^53 becomes its digits, as text", async () => {
  const { records, remarks } = await readMinskyJson(file('[{"session":"a","github":{"runId":12345678901234567891}}]'));
  expect(records[0]?.record).toEqual({ session: "a", github: { runId: "12345678901234567891" } });
  expect(remarks).toEqual([expect.stringContaining("12345678901234567891")]);
});

test("a pipe without an end is refused when it has said more than a file may", async () => {
  await expect(readMinskyJson("/dev/zero")).rejects.toMatchObject({ code: "IMPORT_TOO_LARGE" });
});

test("what is odd about the file as a whole is told", async () => {
  const odd = { sessions: [RECORD], baseDir: 7, extra: 1 };
  expect((await readMinskyJson(file(JSON.stringify(odd)))).remarks).toHaveLength(2);
  const named = await readMinskyJson(file(JSON.stringify({ "task#1": { session: "other" } })));
  expect([named.records[0]?.record.session, named.remarks.length]).toEqual(["other", 1]);
  const refused = await readMinskyJson(file(JSON.stringify({ sessions: { "task#1": { session: 5 } } })));
  expect(refused.remarks).toEqual([]); // 5 is no id: nothing is taken of it
});

test.each<[string, string | Uint8Array, string]>([
  ["cut JSON", '{"sessions":[{"session":"a"', "IMPORT_UNREADABLE"],
  ["bytes that are not UTF-8", Uint8Array.of(0x5b, 0xff, 0x5d), "IMPORT_UNREADABLE"],
  ["a SQLite database", Buffer.from("SQLite format 3\0..."), "IMPORT_LAYOUT_UNKNOWN"],
  ["a number", "42", "IMPORT_LAYOUT_UNKNOWN"],
  ["null", "null", "IMPORT_LAYOUT_UNKNOWN"],
  ["an object of other things", '{"name":"x","version":1}', "IMPORT_LAYOUT_UNKNOWN"],
])("%s is an error, never an empty list", async (_what, content, code) => {
  await expect(readMinskyJson(file(content))).rejects.toMatchObject({ code });
});

test.each<[string, string | Uint8Array, string]>([
  ["a file that gzip has compressed", gzipSync("[]"), "gunzip -c"],
  ["a file with a record a line", '{"session":"a"}\n{"session":"b"}\n{"sess', "jq -s ."],
])("%s is told as that, with what makes it one of JSON", async (_what, content, command) => {
  const failed = readMinskyJson(file(content));
  await expect(failed).rejects.toMatchObject({ code: "IMPORT_UNREADABLE", hint: expect.stringContaining(command) });
});

test("a key that is right but for its case is named", async () => {
  const hintOf = async (content: object) =>
    ((await readMinskyJson(file(JSON.stringify(content))).catch((error) => error)) as { hint: string }).hint;
  expect(await hintOf({ Sessions: [RECORD] })).toMatch(/^the key "Sessions" is written "sessions"; expected/);
  expect(await hintOf({ DATA: { sessions: [RECORD] } })).toMatch(/^the key "DATA" is written "data"; expected/);
  expect(await hintOf({ name: "x", version: 1 })).toMatch(/^expected/);
  const { remarks } = await readMinskyJson(file(JSON.stringify({ sessions: [RECORD], BaseDir: "/srv", extra: 1 })));
  const told = 'members beside the sessions were left out: BaseDir, extra (the key "BaseDir" is written "baseDir")';
  expect(remarks).toEqual([told]);
});

test("a missing file is an error", async () => {
  await expect(readMinskyJson(join(folder, "none.json"))).rejects.toMatchObject({ code: "IMPORT_NOT_FOUND" });
});

test.each([
  ["little-endian", "[]", "UTF-16LE"],
  ["big-endian", "[]", "UTF-16BE"],
  ["with a mark", "\ufeff[]", "UTF-16"],
])("a file in UTF-16 is told as that, with what converts it (%s)", async (form, text, encoding) => {
  const bytes = Buffer.from(text, "utf16le");
  const failed = readMinskyJson(file(form === "big-endian" ? bytes.swap16() : bytes));
  const hint = expect.stringContaining(`iconv -f ${encoding} -t UTF-8`);
  await expect(failed).rejects.toMatchObject({ code: "IMPORT_UNREADABLE", hint });
});

test.each([
  ["little-endian", [0x5b, 0, 0, 0, 0x5d, 0, 0, 0], "UTF-32LE"],
  ["big-endian", [0, 0, 0, 0x5b, 0, 0, 0, 0x5d], "UTF-32BE"],
  ["little-endian with a mark", [0xff, 0xfe, 0, 0, 0x5b, 0, 0, 0, 0x5d, 0, 0, 0], "UTF-32"],
  ["big-endian with a mark", [0, 0, 0xfe, 0xff, 0, 0, 0, 0x5b, 0, 0, 0, 0x5d], "UTF-32"],
])("a file in UTF-32 is told as that, and not as UTF-16 (%s)", async (_form, bytes, encoding) => {
  const hint = expect.stringContaining(`iconv -f ${encoding} -t UTF-8`);
  const message = expect.stringContaining("it is UTF-32");
  await expect(readMinskyJson(file(Uint8Array.from(bytes)))).rejects.toMatchObject({ message, hint });
});

test.each([
  ["a map", (map: object) => map],
  ["sessions", (sessions: object) => ({ sessions })],
  ["an envelope", (sessions: object) => ({ version: "1.0", data: { sessions } })],
])(
  "%s whose keys are not what the records name: the key is the id where there is no other, and both are told",
  async (_, of) => {
    const map = { a: { session: "b", branch: "x" }, c: { session: null }, "d/1": { session: "" }, e: { session: "e" } };
    const { records, remarks } = await readMinskyJson(file(JSON.stringify(of(map))));
    expect(records.map(({ record }) => record.session)).toEqual(["b", "c", "d/1", "e"]);
    expect(records.map(({ repairs }) => repairs)).toEqual([
      undefined,
      ["its session was null; the id was taken from its key"],
      ['its session was ""; the id was taken from its key'],
      undefined,
    ]);
    expect(remarks).toEqual(['the record under "a" names another session, which was taken: "b"']);
  },
);
