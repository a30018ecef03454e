import assert from "node:assert/strict";
import { SealedEvent, type SealedFields } from "../log/event.js";
import { dataHashOf } from "../log/hash-chain.js";
import { MemoryLog } from "../log/memory/memory-log.js";
import {
  ACTOR,
  allEvents,
  appendCount,
  countedId,
  countingEntropy,
  type DefineCase,
  event,
  linesOf,
  refuses,
} from "./target.js";

export function sealedCases(define: DefineCase): void {
  define("the same appends give the same bytes as the reference backend", async ({ log, clock }) => {
    const reference = new MemoryLog({
      now: clock.now,
      entropy: countingEntropy(),
    });
    for (const target of [log, reference]) {
      await appendCount(target, "session-a", 3);
      await target.append(
        [
          {
            stream: "session-b",
            events: [event("t", { z: 1, a: [null, "\u2028"] }), event("t", "x")],
          },
          {
            stream: "session-a",
            expectedVersion: 3,
            events: [event("t", -0, { meta: { reason: "r", schema: 2 } })],
          },
        ],
        ACTOR,
      );
    }
    assert.deepEqual(await linesOf(log), await linesOf(reference));
    assert.deepEqual(await log.tail(), await reference.tail());
    await reference.close();
  });

  define("sealed events are taken as they are, and appends go on behind them", async ({ log, other }) => {
    const source = await other();
    await appendCount(source, "session-a", 3);
    await source.append({ stream: "session-b", events: [event(), event()] }, ACTOR);
    const events = await allEvents(source);
    await log.appendSealed(events.slice(0, 3));
    const tail = await log.appendSealed(events.slice(3));
    assert.deepEqual(tail, await source.tail());
    assert.deepEqual(await linesOf(log), await linesOf(source));
    const more = await log.append(
      {
        stream: "session-b",
        expectedVersion: 2,
        events: [event("t", {}, { id: countedId(99) })],
      },
      ACTOR,
    );
    assert.equal(more.firstOffset, 6);
    const again = events[0] as SealedEvent;
    const repeat = event(again.type, again.data, { id: again.id });
    assert.equal((await log.append({ stream: "session-a", events: [repeat] }, ACTOR)).repeated, true);
  });

  define("sealed events that do not continue the chain are refused", async ({ log, other }) => {
    const source = await other();
    await appendCount(source, "session-a", 4);
    await source.append({ stream: "session-a", events: [event(), event()] }, ACTOR);
    const events = await allEvents(source);
    await log.appendSealed(events.slice(0, 2));
    const third = events[2] as SealedEvent;
    const changed = (fields: Partial<SealedFields>) => [new SealedEvent({ ...third, ...fields })];
    const attempts: (readonly SealedEvent[])[] = [
      events.slice(3, 4),
      events.slice(0, 1),
      events.slice(2, 5),
      changed({ dataText: '{"i":7}' }),
      changed({ actor: "user:mallory" }),
      changed({ version: 9 }),
      changed({ hash: "f".repeat(64) }),
      changed({ recordedAt: "2000-01-01T00:00:00.000Z" }),
    ];
    for (const attempt of attempts) await refuses(log, "CHAIN_BREAK", () => log.appendSealed(attempt));
    await log.appendSealed(events.slice(2));
    assert.deepEqual(await linesOf(log), await linesOf(source));
  });

  define("sealed events of nothing change nothing", async ({ log }) => {
    await appendCount(log, "session-a", 1);
    assert.deepEqual(await log.appendSealed([]), await log.tail());
  });

  define("a redacted event keeps the chain whole and has no data", async ({ log, other }) => {
    const source = await other();
    await appendCount(source, "session-a", 3);
    const events = (await allEvents(source)).map((one) =>
      one.offset === 2
        ? new SealedEvent({
            ...one,
            dataText: null,
            salt: null,
            dataHash: dataHashOf(one.salt ?? "", one.dataText ?? ""),
          })
        : one,
    );
    await log.appendSealed(events);
    const stored = (await allEvents(log))[1];
    assert.deepEqual([stored?.redacted, stored?.data, stored?.salt], [true, undefined, null]);
    assert.deepEqual(await log.tail(), await source.tail());
  });
}
