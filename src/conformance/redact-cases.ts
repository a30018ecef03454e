import assert from "node:assert/strict";
import { ChainCheck } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { ACTOR, allEvents, appendCount, type DefineCase, event, linesOf, refuses, rejectsWith } from "./target.js";

type Redactable = EventLog & Required<Pick<EventLog, "redact">>;

const SECRET = "canary-7d0f4a";

/** What holds of a log that can erase data. Others do not have the operation. */
export function redactCases(define: DefineCase): void {
  const redactable: typeof define = (title, run) =>
    define(title, async (context) => {
      if (context.log.redact !== undefined) await run(context);
    });

  redactable("redaction takes data and salt, leaves everything else, and is recorded", async ({ log: any }) => {
    const log = any as Redactable;
    await filled(log);
    const before = await allEvents(log);
    const request = { offsets: [4, 2, 2], reason: "a token", subject: "two events" };
    const { events, erased } = await log.redact(request, { actor: "user:officer" });
    assert.equal(erased, 2);
    assert.equal(events.length, 1);
    const after = await allEvents(log);
    assert.deepEqual(after.at(-1), events[0]);
    for (const [i, old] of before.entries()) {
      const now = after[i] as SealedEvent;
      assert.equal(now.hash, old.hash);
      assert.equal(now.redacted, [2, 4].includes(old.offset));
      const { dataText, salt, dataHash, ...rest } = { ...now };
      if (now.redacted) assert.deepEqual([dataText, salt, typeof dataHash], [null, null, "string"]);
      assert.deepEqual(rest, withoutData(old));
    }
    const { stream, type, actor, data, meta } = after.at(-1) as SealedEvent;
    assert.deepEqual([stream, type, actor], ["store-redactions", "store.redacted", "user:officer"]);
    assert.deepEqual(data, {
      ranges: [
        [2, 2],
        [4, 4],
      ],
      subject: "two events",
    });
    assert.equal(meta.reason, "a token");
    assertChain(after);
    assert.ok(!(await linesOf(log)).join("").includes(SECRET));
  });

  redactable(
    "an erased event is read so by stream, by id and by another handle, and appends go on",
    async (context) => {
      const log = context.log as Redactable;
      const second = log.capabilities.shared ? await context.again() : log;
      await filled(second);
      await second.tail();
      await log.redact({ offsets: [2] }, ACTOR);
      const stream: SealedEvent[] = [];
      for await (const page of second.readStream("session-b")) stream.push(...page);
      assert.deepEqual(
        stream.map(({ redacted }) => redacted),
        [true, false],
      );
      const [, old] = await allEvents(second);
      const repeat = event("test.counted", { whatever: 1 }, { id: old?.id ?? "" });
      const again = await second.append({ stream: "session-b", events: [repeat] }, ACTOR);
      assert.equal(again.repeated, true);
      const known = (await second.readLast("session-b")) as SealedEvent;
      await log.redact({ offsets: [known.offset] }, ACTOR);
      assert.equal((await second.readLast("session-b", { known }))?.redacted, true);
      await appendCount(second, "session-b", 1);
      await appendCount(log, "session-a", 1);
      assert.equal((await second.tail()).offset, 8);
      assertChain(await allEvents(second));
      assertChain(await allEvents(log));
    },
  );

  redactable("what cannot be erased is refused, and nothing of the request is done", async ({ log: any }) => {
    const log = any as Redactable;
    await filled(log);
    await log.redact({ offsets: [1] }, ACTOR);
    const also = [{ stream: "session-a", expectedVersion: 9, events: [event()] }];
    await refuses(log, "REDACTION_INVALID", () => log.redact({ offsets: [] }, ACTOR));
    for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      await refuses(log, "REDACTION_INVALID", () => log.redact({ offsets: [2, bad] }, ACTOR));
    }
    await refuses(log, "POINT_OUTSIDE", () => log.redact({ offsets: [2, 6] }, ACTOR));
    await refuses(log, "REDACTION_REFUSED", () => log.redact({ offsets: [2, 5] }, ACTOR));
    await refuses(log, "VERSION_CONFLICT", () => log.redact({ offsets: [2], also }, ACTOR));
    await refuses(log, "NAME_INVALID", () => log.redact({ offsets: [2] }, { actor: "" }));
    const record = { stream: "store-redactions", events: [event("store.redacted", { ranges: [[2, 2]] })] };
    await refuses(log, "STREAM_RESERVED", () => log.append(record, ACTOR));
  });

  redactable("events that join a redaction stand before its record, in one append", async ({ log: any }) => {
    const log = any as Redactable;
    await filled(log);
    const also = [{ stream: "session-a", expectedVersion: 2, events: [event("test.restated", { x: 1 })] }];
    const { events } = await log.redact({ offsets: [1, 3], also }, ACTOR);
    assert.deepEqual(
      events.map(({ type, commit }) => [type, commit]),
      [
        ["test.restated", 6],
        ["store.redacted", 6],
      ],
    );
    const again = await log.redact({ offsets: [1, 2] }, ACTOR);
    assert.equal(again.erased, 1);
  });

  redactable("whoever gets a record of a redaction erases what it names", async ({ log: any, other }) => {
    const log = any as Redactable;
    const source = (await other()) as Redactable;
    await filled(source);
    await log.appendSealed(await allEvents(source));
    await source.redact({ offsets: [2, 3] }, ACTOR);
    await appendCount(source, "session-a", 1);
    await log.appendSealed(await allEvents(source, { from: 5 }));
    assert.deepEqual(await linesOf(log), await linesOf(source));
    assert.ok(!(await linesOf(log)).join("").includes('"which":2'));
  });

  redactable("of a whole log that comes with its records, nothing of what they name is kept", async (context) => {
    const log = context.log as Redactable;
    const source = (await context.other()) as Redactable;
    await filled(source);
    const whole = await allEvents(source);
    await source.redact({ offsets: [2] }, ACTOR);
    const [record] = await allEvents(source, { from: 5 });
    await log.appendSealed([...whole, record as SealedEvent]);
    assert.deepEqual(await linesOf(log), await linesOf(source));
  });

  redactable("snapshots in the sidecar go with what was erased; other texts stay", async ({ log: any }) => {
    const log = any as Redactable;
    await filled(log);
    await log.sidecar.write("snapshots/notes-r1/0000000000000002", SECRET);
    await log.sidecar.write("journal/x", "stays");
    await log.redact({ offsets: [2] }, ACTOR);
    assert.deepEqual(await log.sidecar.list("snapshots/"), []);
    assert.equal(await log.sidecar.read("journal/x"), "stays");
    assert.notEqual(await log.sidecar.read("redactions/last"), null);
  });

  redactable("a read that had begun before a redaction ends with every event", async ({ log: any }) => {
    const log = any as Redactable;
    const big = "x".repeat(1024 * 1024);
    for (let i = 0; i < 6; i++)
      await log.append({ stream: "session-a", events: [event("test.big", { big, i })] }, ACTOR);
    const seen: SealedEvent[] = [];
    for await (const page of log.readAll()) {
      if (seen.length === 0) await log.redact({ offsets: [5] }, ACTOR);
      seen.push(...page);
    }
    assert.deepEqual(
      seen.map(({ offset }) => offset),
      [1, 2, 3, 4, 5, 6],
    );
    assertChain(seen);
  });

  redactable("a log that has moved is not redacted", async ({ log: any }) => {
    const log = any as Redactable;
    if (log.freeze === undefined) return;
    await filled(log);
    await log.freeze("jsonl:/elsewhere.jsonl");
    await refuses(log, "LOG_MOVED", () => log.redact({ offsets: [2] }, ACTOR));
  });

  redactable("a closed log is not redacted", async ({ log: any }) => {
    const log = any as Redactable;
    await filled(log);
    await log.close();
    await rejectsWith("LOG_CLOSED", () => log.redact({ offsets: [2] }, ACTOR));
  });
}

/** Four events; the second and the fourth hold the secret. */
async function filled(log: EventLog): Promise<void> {
  for (const [i, stream] of ["session-a", "session-b", "session-a", "session-b"].entries()) {
    const data = { which: i + 1, text: i % 2 === 1 ? SECRET : "harmless", ü: "ß\u2028😀" };
    await log.append({ stream, events: [event("test.counted", data)] }, ACTOR);
  }
}

function withoutData(event: SealedEvent): Record<string, unknown> {
  const { dataText: _text, salt: _salt, dataHash: _hash, ...rest } = { ...event };
  return rest;
}

function assertChain(events: readonly SealedEvent[]): void {
  const check = new ChainCheck();
  for (const one of events) assert.equal(check.next(one), undefined);
}
