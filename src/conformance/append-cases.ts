import assert from "node:assert/strict";
import { bodyTextOf, chainHash, dataHashOf, GENESIS_HASH } from "../log/hash-chain.js";
import { ACTOR, allEvents, appendCount, type DefineCase, event, refuses } from "./target.js";

export function appendCases(define: DefineCase): void {
  define("the first event stands at offset 1, version 1, hashed after 64 zeros", async ({ log }) => {
    const { events, firstOffset, lastOffset, repeated } = await log.append(
      {
        stream: "session-a",
        events: [event("session.created", { b: 2, a: 1 }, { meta: { reason: "why" } })],
      },
      ACTOR,
    );
    const [one] = events;
    assert.ok(one);
    assert.deepEqual([firstOffset, lastOffset, repeated], [1, 1, false]);
    assert.deepEqual([one.offset, one.commit, one.version, one.actor], [1, 1, 1, "user:test"]);
    assert.equal(one.recordedAt, "2026-01-31T10:00:00.000Z");
    assert.equal(one.dataText, '{"a":1,"b":2}');
    const dataHash = dataHashOf(one.salt ?? "", one.dataText ?? "");
    assert.equal(one.hash, chainHash(GENESIS_HASH, one, bodyTextOf({ ...one, dataHash })));
    assert.deepEqual(await log.tail(), {
      offset: 1,
      hash: one.hash,
      recordedAt: one.recordedAt,
    });
  });

  define(
    "an append that expects the log to end elsewhere writes nothing; one that knows its end is taken",
    async ({ log }) => {
      if (log.capabilities.comparesTail !== true) return;
      await appendCount(log, "session-a", 2);
      const { hash } = await log.tail();
      const one = { stream: "session-b", events: [event()] };
      const first = await log.append(one, { ...ACTOR, tailHash: hash });
      assert.equal(first.firstOffset, 3);
      await refuses(log, "TAIL_MOVED", () => log.append(one, { ...ACTOR, tailHash: hash }));
      await refuses(log, "TAIL_MOVED", () => log.append(one, { ...ACTOR, tailHash: GENESIS_HASH }));
      assert.equal((await log.tail()).hash, first.events[0]?.hash);
    },
  );

  define(
    "appends that expect the same tail and are written together are all taken, behind those without",
    async ({ log }) => {
      if (log.capabilities.comparesTail !== true) return;
      await appendCount(log, "session-a", 1);
      const knowing = { ...ACTOR, tailHash: (await log.tail()).hash };
      const one = (stream: string) => ({ stream, expectedVersion: 0, events: [event()] });
      const results = await Promise.all([
        log.append(one("session-b"), ACTOR),
        log.append(one("session-c"), knowing),
        log.append(one("session-d"), knowing),
      ]);
      assert.deepEqual(
        results.map(({ firstOffset }) => firstOffset),
        [2, 3, 4],
      );
    },
  );

  define("whoever knows the tail and is wrong about a stream is refused: no version is left out", async ({ log }) => {
    if (log.capabilities.comparesTail !== true) return;
    await appendCount(log, "session-a", 2);
    const knowing = async () => ({ ...ACTOR, tailHash: (await log.tail()).hash });
    for (const [stream, expectedVersion] of [
      ["session-a", 3],
      ["session-a", 1],
      ["session-new", 7],
    ] as const) {
      const wrong = { stream, expectedVersion, events: [event()] };
      await refuses(log, "VERSION_CONFLICT", async () => log.append(wrong, await knowing()));
    }
    const { events } = await log.append(
      { stream: "session-a", expectedVersion: 2, events: [event()] },
      await knowing(),
    );
    assert.equal(events[0]?.version, 3);
  });

  define("one append to several streams takes consecutive offsets and counts each stream", async ({ log }) => {
    await appendCount(log, "session-b", 1);
    const batch = [
      { stream: "session-a", events: [event(), event()] },
      { stream: "session-b", expectedVersion: 1, events: [event()] },
      { stream: "session-a", expectedVersion: 2, events: [event()] },
    ];
    const { events } = await log.append(batch, ACTOR);
    const places = events.map(({ offset, commit, stream, version }) => [offset, commit, stream, version]);
    assert.deepEqual(places, [
      [2, 5, "session-a", 1],
      [3, 5, "session-a", 2],
      [4, 5, "session-b", 2],
      [5, 5, "session-a", 3],
    ]);
  });

  define("wrong expected version writes nothing", async ({ log }) => {
    await appendCount(log, "session-a", 2);
    for (const expectedVersion of [0, 1, 3]) {
      const append = () => log.append({ stream: "session-a", expectedVersion, events: [event()] }, ACTOR);
      await refuses(log, "VERSION_CONFLICT", append);
    }
    const onNothing = () => log.append({ stream: "session-z", expectedVersion: "exists", events: [event()] }, ACTOR);
    await refuses(log, "VERSION_CONFLICT", onNothing);
  });

  define("a conflict in one stream refuses the other streams of the append too", async ({ log }) => {
    await appendCount(log, "session-b", 1);
    const batch = [
      { stream: "session-a", events: [event()] },
      { stream: "session-b", expectedVersion: 0, events: [event()] },
    ];
    await refuses(log, "VERSION_CONFLICT", () => log.append(batch, ACTOR));
  });

  define("right expected versions append: 0, a number, exists, any", async ({ log }) => {
    for (const expectedVersion of [0, 1, "exists", "any"] as const) {
      await log.append({ stream: "session-a", expectedVersion, events: [event()] }, ACTOR);
    }
    assert.equal((await log.tail()).offset, 4);
  });

  define("appends called at once keep the order of their calls", async ({ log }) => {
    const calls = Array.from({ length: 60 }, (_, i) =>
      log.append(
        {
          stream: `session-${i % 7}`,
          events: [event("test.counted", { i })],
        },
        ACTOR,
      ),
    );
    const results = await Promise.all(calls);
    assert.deepEqual(
      results.map(({ firstOffset }) => firstOffset),
      results.map((_, i) => i + 1),
    );
    assert.deepEqual(
      (await allEvents(log)).map(({ data }) => data),
      results.map((_, i) => ({ i })),
    );
  });

  define("of appends called at once, a refused one harms no other", async ({ log }) => {
    const append = (expectedVersion: number) =>
      log.append({ stream: "session-a", expectedVersion, events: [event()] }, ACTOR);
    const settled = await Promise.allSettled([append(0), append(0), append(1), append(9), append(2)]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"],
    );
    assert.deepEqual(
      (await allEvents(log)).map(({ version }) => version),
      [1, 2, 3],
    );
  });

  define("recordedAt never goes back, whatever the clock does", async ({ log, clock }) => {
    clock.set("2026-01-31T12:00:00.000Z");
    await appendCount(log, "session-a", 1);
    clock.set("2026-01-31T11:00:00.000Z");
    await appendCount(log, "session-a", 1);
    clock.set("2026-01-31T12:00:00.001Z");
    await appendCount(log, "session-a", 1);
    assert.deepEqual(
      (await allEvents(log)).map(({ recordedAt }) => recordedAt),
      ["2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.001Z"],
    );
  });

  define("an event may name its own actor", async ({ log }) => {
    const events = [event(), event("test.happened", {}, { actor: "agent:claude" })];
    await log.append({ stream: "session-a", events }, ACTOR);
    assert.deepEqual(
      (await allEvents(log)).map(({ actor }) => actor),
      ["user:test", "agent:claude"],
    );
  });

  define("an append without events is refused", async ({ log }) => {
    await refuses(log, "APPEND_EMPTY", () => log.append([], ACTOR));
    await refuses(log, "APPEND_EMPTY", () => log.append({ stream: "session-a", events: [] }, ACTOR));
  });
}
