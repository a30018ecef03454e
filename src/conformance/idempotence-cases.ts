import assert from "node:assert/strict";
import { encodeLine } from "../log/event-line.js";
import { ACTOR, allEvents, appendCount, countedId, type DefineCase, event, refuses } from "./target.js";

const ID_A = countedId(0xa0000);
const ID_B = countedId(0xb0000);

export function idempotenceCases(define: DefineCase): void {
  define("the same ids again give the first result and write nothing", async ({ log }) => {
    const append = () =>
      log.append(
        {
          stream: "session-a",
          expectedVersion: 0,
          events: [event("a", { x: 1 }, { id: ID_A }), event("b", { y: 2 }, { id: ID_B })],
        },
        ACTOR,
      );
    const first = await append();
    await appendCount(log, "session-a", 3);
    const again = await append();
    assert.equal(again.repeated, true);
    assert.deepEqual(again.events.map(encodeLine), first.events.map(encodeLine));
    assert.equal((await log.tail()).offset, 5);
  });

  define("the same append twice at once is written once", async ({ log }) => {
    const append = () => log.append({ stream: "session-a", events: [event("a", {}, { id: ID_A })] }, ACTOR);
    const results = await Promise.all([append(), append(), append()]);
    assert.deepEqual(
      results.map(({ firstOffset }) => firstOffset),
      [1, 1, 1],
    );
    assert.equal((await allEvents(log)).length, 1);
  });

  define("an id with other content is refused, in every field", async ({ log }) => {
    await log.append({ stream: "session-a", events: [event("a", { x: 1 }, { id: ID_A })] }, ACTOR);
    const changed = [
      { stream: "session-b", events: [event("a", { x: 1 }, { id: ID_A })] },
      { stream: "session-a", events: [event("b", { x: 1 }, { id: ID_A })] },
      { stream: "session-a", events: [event("a", { x: 2 }, { id: ID_A })] },
      {
        stream: "session-a",
        events: [event("a", { x: 1 }, { id: ID_A, actor: "user:other" })],
      },
      {
        stream: "session-a",
        events: [event("a", { x: 1 }, { id: ID_A, meta: { reason: "other" } })],
      },
    ];
    for (const append of changed) await refuses(log, "EVENT_ID_REUSED", () => log.append(append, ACTOR));
  });

  define("a known id together with a new one is refused", async ({ log }) => {
    await log.append({ stream: "session-a", events: [event("a", {}, { id: ID_A })] }, ACTOR);
    const mixed = [event("a", {}, { id: ID_A }), event("b", {}, { id: ID_B })];
    await refuses(log, "EVENT_ID_REUSED", () => log.append({ stream: "session-a", events: mixed }, ACTOR));
    await refuses(log, "EVENT_ID_REUSED", () =>
      log.append({ stream: "session-a", events: [...mixed].reverse() }, ACTOR),
    );
  });

  define("an id twice in one append, or that is no lower-case UUID, is refused", async ({ log }) => {
    const twice = [event("a", {}, { id: ID_A }), event("a", {}, { id: ID_A })];
    await refuses(log, "EVENT_ID_INVALID", () => log.append({ stream: "session-a", events: twice }, ACTOR));
    for (const id of ["", "7", ID_A.replace("a", "A"), `${ID_A}\n`, `{${ID_A}}`]) {
      const append = {
        stream: "session-a",
        events: [event("a", {}, { id })],
      };
      await refuses(log, "EVENT_ID_INVALID", () => log.append(append, ACTOR));
    }
  });
}
