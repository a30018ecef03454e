import assert from "node:assert/strict";
import {
  ACTOR,
  allEvents,
  appendCount,
  type CaseContext,
  type DefineCase,
  event,
  eventually,
  linesOf,
  refuses,
} from "./target.js";

/** What holds between two handles on one log. Backends that are not shared declare so and have no second handle. */
export function sharedCases(define: DefineCase): void {
  const shared: DefineCase = (title, run) =>
    define(title, async (context: CaseContext) => {
      if (context.log.capabilities.shared) await run(context);
    });

  shared("a second handle sees what the first appended, and goes on behind it", async ({ log, again }) => {
    await appendCount(log, "session-a", 2);
    const second = await again();
    assert.deepEqual(await second.tail(), await log.tail());
    await second.append({ stream: "session-a", expectedVersion: 2, events: [event()] }, ACTOR);
    await log.append({ stream: "session-a", expectedVersion: 3, events: [event()] }, ACTOR);
    assert.deepEqual(await linesOf(log), await linesOf(second));
    assert.equal((await log.tail()).offset, 4);
  });

  shared("appends of two handles at once have no gaps and no conflict that is not one", async ({ log, again }) => {
    const second = await again();
    const appends = Array.from({ length: 40 }, (_, i) =>
      appendCount(i % 2 === 0 ? log : second, `session-${i % 4}`, 3),
    );
    await Promise.all(appends);
    const events = await allEvents(log);
    assert.equal(events.length, 120);
    assert.deepEqual(await linesOf(second), await linesOf(log));
  });

  shared("of two handles that expect the same version, one wins", async ({ log, again }) => {
    const second = await again();
    const append = (target: typeof log) =>
      target.append({ stream: "session-a", expectedVersion: 0, events: [event()] }, ACTOR);
    const settled = await Promise.allSettled([append(log), append(second)]);
    assert.deepEqual(settled.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    await refuses(log, "VERSION_CONFLICT", () => append(log));
    await refuses(second, "VERSION_CONFLICT", () => append(second));
  });

  shared("the same ids from another handle are the same append", async ({ log, again }) => {
    const second = await again();
    const first = await log.append({ stream: "session-a", events: [event("t", { x: 1 })] }, ACTOR);
    const id = first.events[0]?.id ?? "";
    const repeat = {
      stream: "session-a",
      events: [event("t", { x: 1 }, { id })],
    };
    assert.equal((await second.append(repeat, ACTOR)).repeated, true);
    const reuse = {
      stream: "session-a",
      events: [event("t", { x: 2 }, { id })],
    };
    await refuses(second, "EVENT_ID_REUSED", () => second.append(reuse, ACTOR));
  });

  shared("the doorbell rings for what another handle appends", async ({ log, again }) => {
    const second = await again();
    let rings = 0;
    const stop = log.onAppended(() => rings++);
    await appendCount(second, "session-a", 1);
    await eventually("a ring", () => rings > 0);
    stop();
  });

  shared("a handle notices that another one has cut the log back", async ({ log, again }) => {
    const second = await again();
    await appendCount(log, "session-a", 3);
    assert.equal((await second.tail()).offset, 3);
    await log.truncateAfter(1, await log.tail());
    assert.equal((await second.tail()).offset, 1);
    await second.append(
      {
        stream: "session-a",
        expectedVersion: 1,
        events: [event("t", "after")],
      },
      ACTOR,
    );
    assert.deepEqual(await linesOf(log), await linesOf(second));
  });
}
