import assert from "node:assert/strict";
import { EMPTY_TAIL } from "../log/seal.js";
import { ACTOR, allEvents, appendCount, type DefineCase, event, linesOf, refuses } from "./target.js";

export function truncateCases(define: DefineCase): void {
  define("a log that is cut back goes on from there as if the rest had never been", async ({ log }) => {
    await appendCount(log, "session-a", 2);
    const before = await linesOf(log);
    const tailBefore = await log.tail();
    await appendCount(log, "session-a", 1);
    await appendCount(log, "session-b", 2);
    const cut = await allEvents(log, { from: 3 });
    assert.deepEqual(await log.truncateAfter(2, await log.tail()), tailBefore);
    assert.deepEqual(await linesOf(log), before);
    const { events } = await log.append(
      [
        {
          stream: "session-a",
          expectedVersion: 2,
          events: [event("t", "other", { id: cut[0]?.id ?? "" })],
        },
        { stream: "session-b", expectedVersion: 0, events: [event()] },
      ],
      ACTOR,
    );
    assert.deepEqual(
      events.map(({ offset, version }) => [offset, version]),
      [
        [3, 3],
        [4, 1],
      ],
    );
  });

  define("readLast does not give back the event that the caller has, where it was cut", async ({ log }) => {
    await appendCount(log, "session-a", 2);
    const known = await log.readLast("session-a");
    await log.truncateAfter(0, await log.tail());
    assert.equal(await log.readLast("session-a", { known }), undefined);
  });

  define("cutting is refused when the tail is not the expected one", async ({ log }) => {
    await appendCount(log, "session-a", 2);
    const old = await log.tail();
    await appendCount(log, "session-a", 1);
    await refuses(log, "CHAIN_BREAK", () => log.truncateAfter(1, old));
    await refuses(log, "CHAIN_BREAK", () => log.truncateAfter(1, { ...old, offset: 3 }));
  });

  define("cutting is refused where the offset is no whole number from 0", async ({ log }) => {
    await appendCount(log, "session-a", 2);
    const tail = await log.tail();
    for (const offset of [Number.NaN, -1, 0.5, "1" as never, undefined as never]) {
      await refuses(log, "ARGUMENT_INVALID", () => log.truncateAfter(offset, tail));
    }
    assert.equal((await allEvents(log)).length, 2);
  });

  define("a cut inside an append leaves its first part as an append of its own", async ({ log }) => {
    await appendCount(log, "session-a", 1);
    await log.append({ stream: "session-a", events: [event(), event(), event()] }, ACTOR);
    await log.truncateAfter(3, await log.tail());
    assert.deepEqual(
      (await allEvents(log)).map(({ offset, commit }) => [offset, commit]),
      [
        [1, 1],
        [2, 3],
        [3, 3],
      ],
    );
  });

  define("a log can be cut to nothing, and cutting nothing is fine", async ({ log }) => {
    await appendCount(log, "session-a", 2);
    const tail = await log.tail();
    assert.deepEqual(await log.truncateAfter(2, tail), tail);
    assert.deepEqual(await log.truncateAfter(0, tail), EMPTY_TAIL);
    assert.deepEqual(await allEvents(log), []);
    await appendCount(log, "session-a", 1);
    assert.equal((await log.tail()).offset, 1);
  });
}
