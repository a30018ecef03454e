import assert from "node:assert/strict";
import type { ArchivedEvents, ArchiveEntry } from "../log/archives.js";
import type { SealedEvent } from "../log/event.js";
import { encodeLine } from "../log/event-line.js";
import type { EventLog } from "../log/event-log.js";
import { GENESIS_HASH } from "../log/hash-chain.js";
import { ACTOR, allEvents, appendCount, type DefineCase, event, linesOf, rejectsWith } from "./target.js";

type Archivable = EventLog & Required<Pick<EventLog, "archive" | "unarchive" | "archives">>;

/** What holds of a log whose beginning can be moved into a file. Others do not have the operations. */
export function archiveCases(define: DefineCase): void {
  const archivable = (
    title: string,
    run: (log: Archivable, context: Parameters<Parameters<DefineCase>[1]>[0]) => Promise<void>,
  ) =>
    define(title, async (context) => {
      if (context.log.archive !== undefined) await run(context.log as Archivable, context);
    });

  archivable("an archived log goes on: offsets, versions and chain", async (log) => {
    await filled(log);
    const before = await linesOf(log);
    const tail = await log.tail();
    await log.archive(await entryOf(log, 4), null);
    assert.deepEqual(await log.tail(), tail);
    assert.deepEqual(await linesFrom(log, 5), before.slice(4));
    const { events } = await log.append(
      [
        { stream: "session-a", expectedVersion: 3, events: [event()] },
        { stream: "session-old", expectedVersion: 2, events: [event()] },
        { stream: "session-new", expectedVersion: 0, events: [event()] },
      ],
      ACTOR,
    );
    assert.deepEqual(
      events.map(({ offset, version }) => [offset, version]),
      [
        [7, 4],
        [8, 3],
        [9, 1],
      ],
    );
    await rejectsWith("VERSION_CONFLICT", () =>
      log.append({ stream: "session-old", expectedVersion: 0, events: [event()] }, ACTOR),
    );
    assert.deepEqual(
      (await log.archives()).map(({ from, to }) => [from, to]),
      [[1, 4]],
    );
  });

  archivable("what is archived is refused, never left out", async (log) => {
    await filled(log);
    await log.archive(await entryOf(log, 4), null);
    await rejectsWith("ARCHIVED", () => allEvents(log));
    await rejectsWith("ARCHIVED", () => allEvents(log, { from: 4, to: 4 }));
    await rejectsWith("ARCHIVED", () => allEvents(log, { from: 4 }));
    await rejectsWith("ARCHIVED", () => streamOf(log, "session-a"));
    await rejectsWith("ARCHIVED", () => streamOf(log, "session-a", { from: 2 }));
    await rejectsWith("ARCHIVED", () => streamOf(log, "session-a", { toOffset: 3 }));
    await rejectsWith("ARCHIVED", () => streamOf(log, "session-old"));
    await rejectsWith("ARCHIVED", () => log.readLast("session-old"));
    await rejectsWith("ARCHIVED", () => log.readLast("session-a", { toOffset: 4 }));
    await rejectsWith("ARCHIVED", () => log.offsetAt(new Date("2026-01-30T00:00:00.000Z")));
    await rejectsWith("ARCHIVED", async () => log.truncateAfter(4, await log.tail()));
    await rejectsWith("ARCHIVED", async () => log.truncateAfter(0, await log.tail()));
    if (log.redact !== undefined) await rejectsWith("ARCHIVED", async () => log.redact?.({ offsets: [6, 2] }, ACTOR));
    assert.deepEqual(
      (await streamOf(log, "session-a", { from: 3 })).map(({ version }) => version),
      [3],
    );
    assert.equal((await log.readLast("session-a"))?.version, 3);
    assert.deepEqual(await streamOf(log, "session-never"), []);
    assert.equal(await log.readLast("session-never"), undefined);
    assert.deepEqual(await streamOf(log, "session-b", { toOffset: 5 }), []);
    assert.equal(await log.offsetAt(new Date("2026-12-31T00:00:00.000Z")), 6);
  });

  archivable("an archived event is not appended a second time", async (log, { again }) => {
    const id = "0190a000-0000-7000-8000-00000000abcd";
    const once = { stream: "session-a", events: [event("t", 1, { id })] };
    await log.append(once, ACTOR);
    await filled(log);
    await log.archive(await entryOf(log, 5), null);
    const tail = await log.tail();
    for (const handle of log.capabilities.shared ? [log, await again()] : [log]) {
      const other = handle.append({ stream: "session-a", events: [event()] }, ACTOR);
      await rejectsWith("ARCHIVED", () => handle.append(once, ACTOR));
      assert.equal((await other).events.length, 1);
    }
    assert.equal((await log.tail()).offset, tail.offset + (log.capabilities.shared ? 2 : 1));
  });

  archivable("an archive that does not fit changes nothing", async (log) => {
    await filled(log);
    const lines = await linesOf(log);
    const entry = await entryOf(log, 4);
    const wrong: Partial<ArchiveEntry>[] = [
      { hash: GENESIS_HASH },
      { before: entry.hash },
      { from: 2 },
      { to: 6, hash: (await log.tail()).hash },
      { to: 7 },
      { streams: 9 },
    ];
    for (const change of wrong) await rejectsWith("CHAIN_BREAK", () => log.archive({ ...entry, ...change }, null));
    const inside = await log.append({ stream: "session-a", events: [event(), event(), event()] }, ACTOR);
    const torn = await entryOf(log, inside.firstOffset);
    await rejectsWith("CHAIN_BREAK", () => log.archive(torn, null));
    await rejectsWith("ARCHIVE_OUTDATED", () => log.archive(entry, "0190a000-0000-7000-8000-000000000000"));
    assert.deepEqual((await linesOf(log)).slice(0, 6), lines);
    assert.deepEqual(await log.archives(), []);
  });

  archivable("what is put back is the log as it was", async (log, { again }) => {
    await filled(log);
    const lines = await linesOf(log);
    const first = await entryOf(log, 2);
    const events = await allEvents(log, { to: 6 });
    await log.archive(first, null);
    const second = await entryOf(log, 4, events);
    await log.archive(second, null);
    const handle = log.capabilities.shared ? await again() : log;
    assert.deepEqual(
      (await handle.archives?.())?.map(({ from, to }) => [from, to]),
      [
        [1, 2],
        [3, 4],
      ],
    );
    await rejectsWith("CHAIN_BREAK", () => log.unarchive(first, pieceOf(events, first)));
    await rejectsWith("CHAIN_BREAK", () => log.unarchive(second, pieceOf(events.slice(0, 3), second)));
    await rejectsWith("ARCHIVED", () => allEvents(log, { from: 3 }));
    await log.unarchive(second, pieceOf(events, second));
    assert.deepEqual(await linesFrom(handle, 3), lines.slice(2));
    await rejectsWith("ARCHIVED", () => allEvents(handle, { from: 2 }));
    await log.unarchive(first, pieceOf(events, first));
    await log.unarchive(first, pieceOf(events, first));
    assert.deepEqual(await linesOf(handle), lines);
    assert.deepEqual(await handle.archives?.(), []);
    const { repeated } = await log.append(
      { stream: "session-a", events: [event("test.counted", { i: 0 }, { id: events[0]?.id ?? "" })] },
      ACTOR,
    );
    assert.equal(repeated, true);
    await appendCount(handle, "session-old", 1);
    assert.equal((await handle.readLast("session-old"))?.version, 3);
  });

  archivable(
    "an archived log takes sealed events, is cut behind the archive, and erases what it has",
    async (log, { other }) => {
      const source = await other();
      await filled(source);
      await filled(log);
      await log.archive(await entryOf(log, 4), null);
      await appendCount(source, "session-old", 1);
      const sealed = await allEvents(source, { from: 7 });
      assert.equal((await log.appendSealed(sealed)).offset, 7);
      assert.equal((await log.readLast("session-old"))?.version, 3);
      await log.truncateAfter(5, await log.tail());
      assert.equal((await log.tail()).offset, 5);
      assert.deepEqual(
        await log
          .append({ stream: "session-old", expectedVersion: 2, events: [event()] }, ACTOR)
          .then(({ lastOffset }) => lastOffset),
        6,
      );
      if (log.redact === undefined) return;
      await log.redact({ offsets: [5] }, ACTOR);
      assert.deepEqual(
        (await allEvents(log, { from: 5 })).map(({ redacted }) => redacted),
        [true, false, false],
      );
    },
  );
}

/** 1 a1, 2 a2, 3 old1, 4 old2, 5 a3, 6 b1. */
async function filled(log: EventLog): Promise<void> {
  await appendCount(log, "session-a", 2);
  await appendCount(log, "session-old", 2);
  await appendCount(log, "session-a", 1);
  await appendCount(log, "session-b", 1);
}

/** What a store notes of an archive behind the ones that it has. */
async function entryOf(log: Archivable, to: number, known?: readonly SealedEvent[]): Promise<ArchiveEntry> {
  const last = (await log.archives()).at(-1);
  const from = (last?.to ?? 0) + 1;
  const events = known?.slice(from - 1, to) ?? (await allEvents(log, { from, to }));
  const { hash, recordedAt } = events.at(-1) as SealedEvent;
  const streams = new Set(events.map(({ stream }) => stream)).size;
  const file = { file: "/archives/a.jsonl.gz", sha256: GENESIS_HASH, bytes: 1 };
  return { from, to, before: last?.hash ?? GENESIS_HASH, hash, recordedAt, streams, ...file };
}

function pieceOf(events: readonly SealedEvent[], { from, to }: ArchiveEntry): ArchivedEvents {
  const pages = events.filter(({ offset }) => offset >= from && offset <= to).map((event) => [event]);
  const given = async function* (ordered: readonly (readonly SealedEvent[])[]) {
    yield* ordered;
  };
  return { forwards: () => given(pages), backwards: () => given([...pages].reverse()) };
}

async function linesFrom(log: EventLog, from: number): Promise<string[]> {
  return (await allEvents(log, { from })).map(encodeLine);
}

async function streamOf(log: EventLog, stream: string, range = {}): Promise<SealedEvent[]> {
  const events: SealedEvent[] = [];
  for await (const page of log.readStream(stream, range)) events.push(...page);
  return events;
}
