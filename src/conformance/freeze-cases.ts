import assert from "node:assert/strict";
import type { EventLog } from "../log/event-log.js";
import {
  ACTOR,
  allEvents,
  appendCount,
  countedId,
  type DefineCase,
  event,
  linesOf,
  refuses,
  rejectsWith,
} from "./target.js";

const ELSEWHERE = "postgres://ada:secret@db.example.com/o'brien?schema=a%20b";
const SHOWN = ELSEWHERE.replace("secret", "***");

type Freezable = EventLog & Required<Pick<EventLog, "freeze" | "thaw" | "movedTo">>;

/** What holds of a log that can be frozen. Others have none of the three operations. */
export function freezeCases(define: DefineCase): void {
  const frozen: typeof define = (title, run) =>
    define(title, async (context) => {
      const { freeze, thaw, movedTo } = context.log;
      const declared = [freeze, thaw, movedTo].filter((operation) => operation !== undefined).length;
      assert.ok(declared === 0 || declared === 3, "freeze, thaw and movedTo come together");
      if (declared === 3) await run(context);
    });

  frozen(
    "a frozen log refuses what would write, names the new address without its password, and is read on",
    async ({ log: any, other }) => {
      const log = any as Freezable;
      await appendCount(log, "session-a", 2);
      const source = await other();
      await source.appendSealed(await allEvents(log));
      await source.append({ stream: "session-z", events: [event("t", {}, { id: countedId(99) })] }, ACTOR);
      assert.equal(await log.movedTo(), null);
      assert.deepEqual(await log.freeze(ELSEWHERE), await log.tail());
      assert.equal(await log.movedTo(), SHOWN);
      const append = () => log.append({ stream: "session-a", events: [event()] }, ACTOR);
      await refuses(log, "LOG_MOVED", append);
      await assert.rejects(append, { movedTo: SHOWN });
      await refuses(log, "LOG_MOVED", async () => log.appendSealed(await allEvents(source, { from: 3 })));
      await refuses(log, "LOG_MOVED", async () => log.truncateAfter(1, await log.tail()));
    },
  );

  frozen("a repeated append gives its first result on a frozen log, too", async ({ log: any }) => {
    const log = any as Freezable;
    const first = await log.append({ stream: "session-a", events: [event("t", { x: 1 })] }, ACTOR);
    await log.freeze(ELSEWHERE);
    const id = first.events[0]?.id ?? "";
    const again = await log.append({ stream: "session-a", events: [event("t", { x: 1 }, { id })] }, ACTOR);
    assert.deepEqual([again.repeated, again.firstOffset], [true, 1]);
  });

  frozen("a log is frozen for one address, until it is thawed; both may be done twice", async ({ log: any }) => {
    const log = any as Freezable;
    await log.thaw();
    const tail = await log.freeze(ELSEWHERE);
    assert.deepEqual(await log.freeze(ELSEWHERE), tail);
    await rejectsWith("LOG_MOVED", () => log.freeze("jsonl:/elsewhere.jsonl"));
    assert.equal(await log.movedTo(), SHOWN);
    await log.thaw();
    await log.thaw();
    assert.equal(await log.movedTo(), null);
    await appendCount(log, "session-a", 2);
    await log.truncateAfter(1, await log.tail());
    assert.equal((await linesOf(log)).length, 1);
  });

  frozen(
    "a freeze is seen by a handle that was open before and had appended, and so is its end",
    async ({ log: any, again }) => {
      const log = any as Freezable;
      if (!log.capabilities.shared) return;
      const second = await again();
      await appendCount(second, "session-a", 2);
      await appendCount(log, "session-b", 1);
      await appendCount(second, "session-a", 2);
      await log.freeze(ELSEWHERE);
      await refuses(second, "LOG_MOVED", () => appendCount(second, "session-a", 1));
      assert.equal(await second.movedTo?.(), SHOWN);
      await refuses(await again(), "LOG_MOVED", () => appendCount(log, "session-c", 1));
      await second.thaw?.();
      await appendCount(log, "session-b", 1);
      await appendCount(second, "session-a", 1);
      assert.equal((await log.tail()).offset, 7);
    },
  );

  frozen("of appends that meet a freeze, each is in the log that was left, or refused", async ({ log: any, again }) => {
    const log = any as Freezable;
    const second = log.capabilities.shared ? await again() : log;
    const appends = Array.from({ length: 30 }, (_, i) => appendCount(i % 2 === 0 ? log : second, `session-${i}`, 2));
    const tail = log.freeze(ELSEWHERE);
    const settled = await Promise.allSettled(appends);
    for (const one of settled) if (one.status === "rejected") assert.equal(one.reason.code, "LOG_MOVED");
    assert.deepEqual(await log.tail(), await tail);
  });
}
