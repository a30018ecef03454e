import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { outboxFolder } from "../../src/outbox/outbox-place.js";
import { dropFromOutbox, outboxReport } from "../../src/outbox/outbox-report.js";
import { stalenessOf } from "../../src/outbox/staleness.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { ACTOR, allOf, counted, dataOf, OutboxWorld } from "./outbox-world.js";

/** With a whole copy of a log that holds `data`, one event each, in session-a; then the network is cut. */
async function away(...data: unknown[]) {
  const world = await OutboxWorld.start();
  const log = await world.open();
  for (const one of data) await log.append(counted("session-a", one), ACTOR);
  await log.replay();
  world.cut();
  return { world, log };
}

const report = (world: OutboxWorld) => outboxReport(world.root, world.url);

describe("while the server is away", () => {
  test("appends wait, reads see them and say how old they are, and the replay brings them to the server once", async () => {
    const { world, log } = await away(1);
    const result = await log.append([counted("session-a", 2, 1), counted("session-b", 3, 0)], ACTOR);
    expect(result).toMatchObject({ queued: true, firstOffset: 2, lastOffset: 3, repeated: false });
    expect(await dataOf(log)).toEqual([1, 2, 3]);
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 3 });
    expect(log.staleness).toMatchObject({ copiedOffset: 1, queued: 1, completeAt: expect.any(String) });
    expect([stalenessOf(log), stalenessOf(world.direct)]).toEqual([log.staleness, undefined]);
    expect(world.codes).toEqual(["OUTBOX_QUEUED", "OUTBOX_READ"]);
    expect(await dataOf(world.direct)).toEqual([1]);
    world.mend();
    expect(await log.replay()).toEqual({ appended: 1, repeated: 0, conflicts: 0 });
    expect(await dataOf(world.direct)).toEqual([1, 2, 3]);
    expect((await allOf(world.direct)).map(({ id }) => id).slice(1)).toEqual(result.events.map(({ id }) => id));
    expect(log.staleness).toBeUndefined();
    expect(await log.replay()).toEqual({ appended: 0, repeated: 0, conflicts: 0 });
    expect((await log.append(counted("session-a", 4, 2), ACTOR)).queued).toBeUndefined();
  });

  test("an expected version is checked against the copy and what waits", async () => {
    const { log } = await away(1);
    await log.append(counted("session-a", 2, 1), ACTOR);
    for (const wrong of [0, 1, 3]) {
      await expect(log.append(counted("session-a", "x", wrong), ACTOR)).rejects.toMatchObject({ actual: 2 });
    }
    await expect(log.append(counted("session-b", "x", "exists"), ACTOR)).rejects.toMatchObject({ actual: 0 });
    expect(await dataOf(log)).toEqual([1, 2]);
  });

  test("the same ids again are the same append, whether it waits or is in the copy", async () => {
    const id = "0190a000-0000-7000-8000-00000000000a";
    const world = await OutboxWorld.start();
    const log = await world.open();
    const batch = { ...counted("session-a", 1, 0), events: [{ id, type: "test.counted", data: 1 }] };
    const first = await log.append(batch, ACTOR);
    await log.replay();
    world.cut();
    expect(await log.append(batch, ACTOR)).toMatchObject({ repeated: true, firstOffset: first.firstOffset });
    const other = { ...batch, events: [{ id, type: "test.counted", data: 2 }] };
    await expect(log.append(other, ACTOR)).rejects.toMatchObject({ code: "EVENT_ID_REUSED" });
    const next = { ...batch, expectedVersion: 1, events: [{ id: id.replace(/a$/, "b"), type: "t", data: 2 }] };
    expect(await log.append(next, ACTOR)).toMatchObject({ repeated: false, queued: true });
    expect(await log.append(next, ACTOR)).toMatchObject({ repeated: true, firstOffset: 2 });
    world.mend();
    expect(await log.replay()).toEqual({ appended: 1, repeated: 0, conflicts: 0 });
    expect(await log.append(next, ACTOR)).toMatchObject({ repeated: true, firstOffset: 2 });
  });

  test("appends that are called at the same time wait in the order of their calls, and all of them once", async () => {
    const { world, log } = await away();
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, i) => log.append(counted("session-a", i), ACTOR)),
    );
    expect(results.map(({ firstOffset }) => firstOffset)).toEqual(results.map((_, i) => i + 1));
    world.mend();
    expect(await log.replay()).toEqual({ appended: 300, repeated: 0, conflicts: 0 });
    expect(await dataOf(world.direct)).toEqual(results.map((_, i) => i));
  });

  test("what names a provisional place is refused; what names one of the server's waits", async () => {
    const { log } = await away(1, 2);
    await log.append(counted("session-a", 3), ACTOR);
    const sourced = (source: string) => ({
      stream: "session-a",
      events: [{ type: "session.updated", data: {}, meta: { source } }],
    });
    for (const source of ["undo:3", "redo:1-3", "revert-to:3", "revert:3", "fork:a@b@3"]) {
      await expect(log.append(sourced(source), ACTOR)).rejects.toMatchObject({ code: "OUTBOX_PLACE_PROVISIONAL" });
    }
    const mark = (offset: number) => ({ stream: "marks", events: [{ type: "mark.set", data: { name: "m", offset } }] });
    await expect(log.append(mark(3), ACTOR)).rejects.toMatchObject({ code: "OUTBOX_PLACE_PROVISIONAL" });
    for (const fine of [sourced("undo:1-2"), sourced("revert-to:2"), sourced("cli:9"), mark(2)])
      await log.append(fine, ACTOR);
    expect((await log.tail()).offset).toBe(7);
  });

  test("what changes history rejects with what says that it is away", async () => {
    const { log } = await away(1);
    const away_ = { name: "UnavailableError" };
    await expect(log.truncateAfter(0, await log.tail())).rejects.toMatchObject(away_);
    await expect(log.appendSealed([])).rejects.toMatchObject(away_);
  });

  test("a server that goes away between two pages ends the read with an error, and never early", async () => {
    const world = await OutboxWorld.start();
    const log = await world.open();
    const events = Array.from({ length: 2500 }, (_, data) => ({ type: "t", data }));
    await log.append({ stream: "session-a", events }, ACTOR);
    const pages = log.readAll();
    expect((await pages.next()).value).toHaveLength(1000);
    world.cut();
    await expect(pages.next()).rejects.toMatchObject({ name: "UnavailableError" });
  });

  test("a process that opens meanwhile sees the same, and what both queue is one queue", async () => {
    const { world, log } = await away(1);
    const other = await world.open();
    await log.append(counted("session-a", 2, 1), ACTOR);
    await other.append(counted("session-a", 3, 2), ACTOR);
    await expect(log.append(counted("session-a", "late", 2), ACTOR)).rejects.toMatchObject({ actual: 3 });
    for (const one of [log, other]) expect(await dataOf(one)).toEqual([1, 2, 3]);
    world.mend();
    await Promise.all([log.replay(), other.replay()]);
    expect(await dataOf(world.direct)).toEqual([1, 2, 3]);
  });
});

describe("without a whole copy", () => {
  test("nothing is read, and only what expects nothing is queued", async () => {
    const world = await OutboxWorld.start();
    world.cut();
    const log = await world.open();
    const none = { code: "OUTBOX_NO_COPY", name: "UnavailableError", hint: expect.any(String) };
    for (const read of [
      () => log.tail(),
      () => log.offsetAt(new Date()),
      () => dataOf(log),
      () => log.readStream("a").next(),
    ])
      await expect(read()).rejects.toMatchObject(none);
    for (const expected of [0, 5, "exists"] as const) {
      await expect(log.append(counted("session-a", "x", expected), ACTOR)).rejects.toMatchObject(none);
    }
    await log.append(counted("session-a", "blind"), ACTOR);
    await expect(log.tail()).rejects.toMatchObject(none);
    world.mend();
    expect(await log.replay()).toEqual({ appended: 1, repeated: 0, conflicts: 0 });
    expect(await dataOf(log)).toEqual(["blind"]);
  });

  test("a copy whose file was lost is an error, what waits is sent all the same, and the copy is made anew", async () => {
    const { world, log } = await away(1, 2);
    await log.append(counted("session-a", 3, 2), ACTOR);
    await log.close();
    rmSync(join(outboxFolder(world.root, world.url), "copy-1.jsonl"));
    const later = await world.open();
    await expect(later.tail()).rejects.toMatchObject({ code: "OUTBOX_DAMAGED" });
    world.mend();
    expect(await later.replay()).toEqual({ appended: 1, repeated: 0, conflicts: 0 });
    world.cut();
    expect(await dataOf(await world.open())).toEqual([1, 2, 3]);
  });
});

describe("what the server may have taken before it went away", () => {
  test("waits with its own ids, and is recognised", async () => {
    const { world, log } = await away("old");
    world.mend();
    await log.replay();
    for (let i = 0; i < 5; i++) {
      world.cutBehind(`mark-${i}`);
      expect(await log.append(counted("session-a", `mark-${i}`, 1 + i), ACTOR)).toMatchObject({ queued: true });
      world.mend();
      expect(await log.replay()).toEqual({ appended: 0, repeated: 1, conflicts: 0 });
    }
    expect(await dataOf(world.direct)).toEqual(["old", ...[0, 1, 2, 3, 4].map((i) => `mark-${i}`)]);
  });
});

describe("when others have written meanwhile", () => {
  test("a conflict is listed with all its data, and what was decided on it conflicts too, whatever version there is by then", async () => {
    const { world, log } = await away("base");
    await log.append(counted("session-a", "first", 1), ACTOR);
    await log.append(counted("session-a", "on first", 2), ACTOR);
    await log.append(counted("session-a", "on nothing"), ACTOR);
    await log.append([counted("session-b", "own", 0), counted("session-a", "pair", 4)], ACTOR);
    await log.append(counted("session-b", "on own", 1), ACTOR);
    await log.append(counted("session-c", "free", 0), ACTOR);
    // One event: the version is what "on first" expects, and its history is not.
    await world.direct.append(counted("session-a", "theirs"), ACTOR);
    world.mend();
    expect(await log.replay()).toEqual({ appended: 2, repeated: 0, conflicts: 4 });
    expect(await dataOf(world.direct)).toEqual(["base", "theirs", "on nothing", "free"]);
    const { conflicts, queue } = await report(world);
    expect(queue).toEqual([]);
    expect(conflicts.map(({ events }) => events.map(({ data }) => data))).toEqual([
      ["first"],
      ["on first"],
      ["own", "pair"],
      ["on own"],
    ]);
    expect(conflicts[0]).toMatchObject({
      why: expect.any(String),
      events: [{ stream: "session-a", type: "test.counted", actor: "user:test", expectedVersion: 1 }],
      refused: { code: "VERSION_CONFLICT", message: "session-a is at version 2, expected 1" },
    });
    expect(await dropFromOutbox(world.root, world.url, "conflicts")).toMatch(/conflicts-1\.jsonl$/);
    expect((await report(world)).conflicts).toEqual([]);
  });

  test("the next append replays first, and tells of conflicts", async () => {
    const { world, log } = await away("base");
    await log.append(counted("session-a", "mine", 1), ACTOR);
    await world.direct.append(counted("session-a", "theirs"), ACTOR);
    world.mend();
    const later = await world.open();
    await later.append(counted("session-a", "later", 2), ACTOR);
    expect(world.codes).toContain("OUTBOX_CONFLICTS");
    expect(await dataOf(world.direct)).toEqual(["base", "theirs", "later"]);
  });

  test("a process that sees the server sends what another one has queued before it writes or reads", async () => {
    const world = await OutboxWorld.start();
    const [blind, seeing] = [await world.open(), await world.open()];
    await blind.replay();
    world.cut();
    await blind.append(counted("session-a", 1, 0), ACTOR);
    world.mend();
    expect(await dataOf(seeing)).toEqual([1]);
    await blind.append(counted("session-a", 2, 1), ACTOR); // it has not noticed yet
    expect((await seeing.append(counted("session-a", 3, 2), ACTOR)).queued).toBeUndefined();
    expect(await dataOf(world.direct)).toEqual([1, 2, 3]);
  });
});

describe("what was decided on provisional places", () => {
  test("conflicts when other events got them, also where the version fits by chance", async () => {
    for (const decides of ["on the server", "while it is away again"]) {
      const { world, log } = await away("base");
      const reader = await world.open();
      await log.append(counted("session-a", "mine", 1), ACTOR);
      expect(await dataOf(reader)).toEqual(["base", "mine"]);
      await world.direct.append(counted("session-a", "theirs"), ACTOR);
      world.mend();
      expect(await log.replay()).toMatchObject({ conflicts: 1 });
      await reader.replay();
      if (decides !== "on the server") world.cut();
      for (const one of [log, reader]) {
        const append = one.append(counted("session-a", "on mine", 2), ACTOR);
        await expect(append, decides).rejects.toMatchObject({ code: "VERSION_CONFLICT", expected: 2, actual: 2 });
      }
      world.mend();
      expect(await dataOf(world.direct)).toEqual(["base", "theirs"]);
      // Who has read again may go on.
      await log.replay();
      expect(await dataOf(log)).toEqual(["base", "theirs"]);
      await log.append(counted("session-a", "on theirs", 2), ACTOR);
      await world.close();
    }
  });

  test("a session store decides again, on what is there", async () => {
    const { world, log } = await away("base");
    const store = new SessionStore(log);
    await store.create({ session: "s" });
    await store.update("s", { branch: "mine" });
    await store.list();
    await new SessionStore(world.direct).create({ session: "s", branch: "theirs" });
    world.mend();
    expect(await log.replay()).toMatchObject({ conflicts: 2 });
    expect((await store.update("s", { taskId: "7" })).document.record).toMatchObject({ branch: "theirs", taskId: "7" });
    await store.list();
    expect((await store.update("s", { taskId: "8" })).document.record).toMatchObject({ branch: "theirs", taskId: "8" });
  });

  test("is fine when the same events got them; an offset that moved is refused", async () => {
    const { world, log } = await away("base");
    await log.append(counted("session-a", "mine", 1), ACTOR);
    await world.direct.append(counted("session-b", "theirs"), ACTOR);
    world.mend();
    await log.replay();
    const undo = { stream: "session-a", events: [{ type: "t", data: 1, meta: { source: "undo:2" } }] };
    await expect(log.append(undo, ACTOR)).rejects.toMatchObject({ code: "OUTBOX_PLACE_PROVISIONAL" });
    await log.append(counted("session-a", "on mine", 2), ACTOR);
    expect(await dataOf(world.direct)).toEqual(["base", "theirs", "mine", "on mine"]);
  });
});

describe("a log that is another than the one that was copied", () => {
  test("gets nothing of what waits, unless it is forced to; then what expects a version conflicts", async () => {
    const { world, log } = await away(1, 2);
    await log.append(counted("session-a", "mine", 2), ACTOR);
    await log.append(counted("session-z", "free"), ACTOR);
    await world.direct.truncateAfter(1, await world.direct.tail());
    await world.direct.append(counted("session-a", "instead"), ACTOR);
    world.mend();
    const other = { code: "OUTBOX_OTHER_HISTORY", name: "RefusedError" };
    await expect(log.replay()).rejects.toMatchObject(other);
    const later = await world.open();
    await expect(later.append(counted("session-b", 1), ACTOR)).rejects.toMatchObject(other);
    expect(await dataOf(later)).toEqual([1, "instead"]);
    expect(world.codes).toContain("OUTBOX_NOT_REPLAYED");
    expect(await later.replay({ force: true })).toEqual({ appended: 1, repeated: 0, conflicts: 1 });
    expect(await dataOf(world.direct)).toEqual([1, "instead", "free"]);
    world.cut();
    expect(await dataOf(later)).toEqual([1, "instead", "free"]);
  });

  test("is copied anew where nothing waits", async () => {
    const { world, log } = await away(1, 2, 3);
    await world.direct.truncateAfter(1, await world.direct.tail());
    world.mend();
    await log.replay();
    world.cut();
    expect(await dataOf(await world.open())).toEqual([1]);
  });
});
