import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { allEvents, event } from "../../src/conformance/target.js";
import { archiveBefore, restoreArchive } from "../../src/inspect/archive-log.js";
import { logPartitions, partitionLog } from "../../src/inspect/partition-log.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { openAdmin, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const EVENTS = 12;

async function opened(url: string): Promise<EventLog> {
  const log = await openLog(url);
  onTestFinished(() => log.close());
  return log;
}

/** Twelve events of four streams, each an append. */
async function fill(log: EventLog): Promise<void> {
  for (let i = 0; i < EVENTS; i++) await log.append({ stream: `s-${i % 4}`, events: [event("t", { i })] }, ACTOR);
}

const WAYS = {
  "partitions from the first": async () => {
    const url = await freshPostgresUrl();
    const log = await opened(`${url}${url.includes("?") ? "&" : "?"}partition_events=3`);
    await fill(log);
    const file = join(tempDir(), "a.jsonl.gz");
    await archiveBefore(log, "9", file);
    return { url, log, file };
  },
  "partitions that an archived log was given": async () => {
    const url = await freshPostgresUrl();
    const log = await opened(url);
    await fill(log);
    const file = join(tempDir(), "a.jsonl.gz");
    await archiveBefore(log, "9", file);
    await partitionLog(url, { events: 3 });
    return { url, log, file };
  },
};

test.each(Object.entries(WAYS))("an archived log in %s reads, appends and is put back as ever", async (_way, make) => {
  const { url, log, file } = await make();
  const events = await allEvents(log);
  expect(events.map(({ offset }) => offset)).toEqual(Array.from({ length: EVENTS }, (_, i) => i + 1));
  expect(await verifyLog(log)).toMatchObject({ ok: true, verified: EVENTS });

  const again = { stream: "s-0", events: [event("t", { i: 0 }, { id: events[0]?.id as string })] };
  await expect(log.append(again, ACTOR)).rejects.toMatchObject({ code: "ARCHIVED" });
  const other = await opened(url);
  const appended = await Promise.all([
    log.append({ stream: "s-1", expectedVersion: 3, events: [event()] }, ACTOR),
    other.append({ stream: "new", expectedVersion: 0, events: [event()] }, ACTOR),
  ]);
  expect(appended.map(({ firstOffset }) => firstOffset).sort((a, b) => a - b)).toEqual([13, 14]);

  await restoreArchive(log, file);
  expect(await verifyLog(other)).toMatchObject({ ok: true, verified: EVENTS + 2 });
  const repeated = await log.append(again, ACTOR);
  expect(repeated).toMatchObject({ repeated: true, firstOffset: 1 });
});

test("partitions that are archived whole are dropped, and of the one in which it ends the rows go", async () => {
  const { url } = await WAYS["partitions from the first"]();
  const admin = await openAdmin(url);
  const { rows } = await admin.query(`SELECT min("offset")::int AS first FROM ${schemaOf(url)}.events`);
  expect(rows).toEqual([{ first: 9 }]);
  const state = await logPartitions(url);
  expect(state?.partitions.map(({ from }) => from)).not.toContain(4);
});
