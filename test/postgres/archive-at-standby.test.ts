import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { allEvents } from "../../src/conformance/target.js";
import { archiveBefore, archiveStates, restoreArchive } from "../../src/inspect/archive-log.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { cleanUp } from "../support/clean-up.js";
import { PostgresPair } from "../support/postgres-pair.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { openAdmin } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const folder = tempDir();
const files = ["a", "b", "c", "d"].map((name) => join(folder, `${name}.jsonl.gz`)) as [string, string, string, string];
let pair: PostgresPair;

// In this order: the last one changes what the servers are.
beforeAll(async () => {
  pair = await PostgresPair.start();
}, 120_000);

async function opened(notices: string[] = [], archives: readonly string[] = []): Promise<EventLog> {
  const onNotice = ({ code, message }: { code: string; message: string }) => notices.push(`${code}: ${message}`);
  const log = await openLog(pair.primary.url, { readUrl: pair.standby.url, archives, onNotice });
  cleanUp(() => log.close());
  return log;
}

const append = async (log: EventLog, ...streams: string[]) => {
  for (const stream of streams) await log.append({ stream, events: [{ type: "t", data: {} }] }, ACTOR);
};

/** One statement's answer at the standby. */
async function standbyHas(what: string, condition: string): Promise<void> {
  const admin = await openAdmin(pair.standby.url);
  const isThere = "SELECT to_regclass('sessiondb.events') IS NOT NULL AS yes";
  await until("the tables", async () => (await admin.query(isThere)).rows[0]?.yes === true);
  const ask = `SELECT ${condition} AS yes FROM sessiondb.events`;
  await until(what, async () => (await admin.query(ask)).rows[0]?.yes === true);
}

const hasTail = async (log: EventLog) => standbyHas("the tail", `max("offset") = ${(await log.tail()).offset}`);
const hasArchived = async (log: EventLog) => {
  const base = (await log.archives?.())?.at(-1)?.to ?? 0;
  await standbyHas("the archive", `min("offset") = ${base + 1}`);
};

test("what is archived on the primary is read at the standby from the file, by who had the log open, too", async () => {
  const [log, notices] = [await opened(), [] as string[]];
  await append(log, "old", "old", "a");
  await hasTail(log);
  const before = await opened(notices);
  expect((await allEvents(before)).length).toBe(3);
  await append(log, "a", "b");
  await archiveBefore(log, "HEAD", files[0]);
  await hasArchived(log);
  // The last event that it knows is archived: the standby has it all the same.
  expect((await allEvents(before)).length).toBe(5);
  expect((await before.readLast("old"))?.version).toBe(2);
  expect(await before.readLast("never")).toBeUndefined();
  expect((await verifyLog(before)).verified).toBe(5);
  expect(notices).toEqual([]);
});

test("without the file it is ARCHIVED there, and never less", async () => {
  const log = await opened();
  rmSync(files[0]);
  const without = await opened();
  for (const ask of [
    () => allEvents(without),
    () => without.readLast("old"),
    () => without.offsetAt(new Date("2020-01-01")),
  ]) {
    await expect(ask()).rejects.toMatchObject({ code: "ARCHIVED" });
  }
  expect((await without.readLast("b"))?.offset).toBe(5);
  await append(log, "b");
});

test("a standby that does not hear of an archive, and of its being put back, has what it had", async () => {
  const log = await opened();
  await append(log, "c", "c", "c");
  const admin = await openAdmin(pair.standby.url);
  await hasTail(log);
  const { offset } = await log.tail();
  const archives = (await log.archives?.())?.length ?? 0;
  await admin.query("SELECT pg_wal_replay_pause()");
  await archiveBefore(log, "HEAD", files[1]);
  const late = await opened();
  expect((await allEvents(late, { from: 5 })).length).toBe(offset - 4);
  expect((await archiveStates(late, [])).length).toBe(archives + 1);
  await restoreArchive(log, files[1]);
  await append(log, "c");
  await admin.query("SELECT pg_wal_replay_resume()");
  await hasTail(log);
  expect((await allEvents(late, { from: 5 })).length).toBe(offset - 3);
});

test("a standby that was promoted has the archives, and is archived on", async () => {
  const writer = await openLog(pair.url, { archives: [folder] });
  cleanUp(() => writer.close());
  await append(writer, "d");
  await archiveBefore(writer, "HEAD", files[2]);
  await hasTail(writer);
  await hasArchived(writer);
  const { offset } = await writer.tail();
  await pair.primary.stop("kill");
  await pair.promote();
  await append(writer, "old");
  expect((await writer.readLast("old"))?.version).toBe(3);
  expect((await allEvents(writer, { from: 5 })).length).toBe(offset - 3);
  await archiveBefore(writer, "HEAD", files[3]);
  expect((await allEvents(writer, { from: 5 })).length).toBe(offset - 3);
});
