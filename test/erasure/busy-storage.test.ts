import { existsSync, readFileSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { ACTOR, allEvents, event } from "../../src/conformance/target.js";
import { SYSTEM_FILE_CALLS } from "../../src/log/jsonl/file-calls.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshStore, opened } from "../migrate/stores.js";
import { cleanUp } from "../support/clean-up.js";
import { CANARY, canaryIn } from "./canary.js";

const noted = () => event("note", { text: CANARY });

test("a reader that holds SQLite's -wal file keeps nobody from redacting, and the answer says what is left", async () => {
  const url = await freshStore("sqlite");
  const log = await opened(url, { lockTimeoutMs: 200 });
  await log.append({ stream: "notes-a", events: [noted()] }, ACTOR);
  const reader = new Database(url.slice("sqlite:".length));
  cleanUp(() => {
    reader.close();
  });
  reader.exec("BEGIN; SELECT * FROM events");
  reader.prepare("SELECT count(*) FROM events").get();
  const result = await log.redact?.({ offsets: [1] }, ACTOR);
  expect(result?.remains).toEqual([expect.stringContaining("wal_checkpoint(TRUNCATE)")]);
  expect((await allEvents(log))[0]?.redacted).toBe(true);
  reader.exec("COMMIT");
  await log.append({ stream: "notes-a", events: [noted()] }, ACTOR);
  expect((await log.redact?.({ offsets: [3] }, ACTOR))?.remains).toEqual([]);
  expect(await canaryIn(url)).toEqual([]);
});

test("a disk that fails at any write of a redaction leaves the old log, whole and writable", async () => {
  const url = await freshStore("jsonl");
  const path = url.slice("jsonl:".length);
  let left = Number.POSITIVE_INFINITY;
  const write: typeof SYSTEM_FILE_CALLS.write = (...args) => {
    if (--left < 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    return SYSTEM_FILE_CALLS.write(...args);
  };
  const log = await JsonlLog.open(path, { calls: { ...SYSTEM_FILE_CALLS, write } });
  cleanUp(() => log.close());
  for (let i = 0; i < 4; i++) await log.append({ stream: "notes-a", events: [noted()] }, ACTOR);
  const before = readFileSync(path);
  for (let writes = 0; ; writes++) {
    left = writes;
    const failed = await log.redact({ offsets: [2, 4] }, ACTOR).catch((error: { code: string }) => error.code);
    left = Number.POSITIVE_INFINITY;
    if (typeof failed !== "string") break;
    expect(failed).toBe("DISK_FULL");
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}.rewriting`)).toBe(false);
  }
  expect((await allEvents(log)).map(({ redacted }) => redacted)).toEqual([false, true, false, true, false]);
  expect((await verifyLog(log)).ok).toBe(true);
});

test("what a killed redaction left beside the log is written over by the next one", async () => {
  const url = await freshStore("jsonl");
  const path = url.slice("jsonl:".length);
  const log = await opened(url);
  await log.append({ stream: "notes-a", events: [noted()] }, ACTOR);
  writeFileSync(`${path}.rewriting`, `${readFileSync(path, "utf8")}{"v":1,"off`);
  await log.redact?.({ offsets: [1] }, ACTOR);
  expect(await canaryIn(url)).toEqual([]);
});
