import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import type { ProxyAction } from "../support/tcp-proxy.js";
import { openPostgres, openProxy } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const RETRY = { retryLimitMs: 60_000 };

/** Does `action` to the first piece that holds `text`, and to no other. */
function once(text: string, action: ProxyAction): (piece: Buffer) => ProxyAction {
  let done = false;
  return (piece) => {
    if (done || !piece.includes(text)) return "pass";
    done = true;
    return action;
  };
}

/** Every acknowledged append stands in the log once, and nothing else does. */
async function assertOnce(log: PostgresLog, marks: readonly string[]): Promise<void> {
  const stored: unknown[] = [];
  for await (const event of eventsOf(log.readAll())) stored.push(event.data);
  expect([...stored].sort()).toEqual([...marks].sort());
  expect(await verifyLog(log)).toMatchObject({ ok: true, verified: marks.length });
}

describe("a connection that is lost while an append commits", () => {
  test.each<ProxyAction>(["cut", "half"])("%s behind the one statement: written once", async (action) => {
    const url = await freshPostgresUrl();
    const proxy = await openProxy(url);
    const log = await openPostgres(proxy.url, RETRY);
    const marks = Array.from({ length: 20 }, (_, i) => `mark-${i}-${randomUUID()}`);
    for (const mark of marks) {
      proxy.decide = once(mark, action);
      const { repeated } = await log.append({ stream: "session-a", events: [{ type: "t", data: mark }] }, ACTOR);
      expect(repeated).toBe(false);
    }
    expect(proxy.cuts).toBe(marks.length);
    await assertOnce(await openPostgres(url), marks);
  });

  test.each<[string, number, string, ProxyAction]>([
    ["behind COMMIT of an append that took the lock first", 65, "COMMIT", "cut"],
    ["behind the call of an append that meets others", 1, "ours", "cut"],
    ["in the middle of the call", 1, "ours", "half"],
  ])("%s: written once", async (_where, events, text, action) => {
    const url = await freshPostgresUrl();
    const proxy = await openProxy(url);
    const [log, other] = [await openPostgres(proxy.url, { ...RETRY, contended: true }), await openPostgres(url)];
    const marks: string[] = [];
    for (let i = 0; i < 10; i++) {
      await other.append({ stream: "session-b", events: [{ type: "t", data: `theirs-${i}` }] }, ACTOR);
      proxy.decide = once(text, action);
      const datas = Array.from({ length: events }, (_, n) => `ours-${i}-${n}`);
      const batch = { stream: "session-a", events: datas.map((data) => ({ type: "t", data })) };
      expect(await log.append(batch, ACTOR)).toMatchObject({ repeated: false });
      marks.push(`theirs-${i}`, ...datas);
    }
    expect(proxy.cuts).toBe(10);
    await assertOnce(other, marks);
  });

  test("anywhere, again and again, with several writers: nothing lost, nothing doubled", {
    timeout: 120_000,
  }, async () => {
    const url = await freshPostgresUrl();
    const proxy = await openProxy(url);
    const logs = [await openPostgres(proxy.url, RETRY), await openPostgres(proxy.url, RETRY), await openPostgres(url)];
    let pieces = 0;
    proxy.decide = () => (++pieces % 7 === 0 ? "cut" : pieces % 11 === 0 ? "half" : "pass");
    const writers = logs.map(async (log, writer) => {
      const acknowledged: string[] = [];
      for (let i = 0; i < 40; i++) {
        const data = `${writer}-${i}`;
        await log.append({ stream: `session-${i % 3}`, events: [{ type: "t", data }] }, ACTOR);
        acknowledged.push(data);
      }
      return acknowledged;
    });
    const marks = (await Promise.all(writers)).flat();
    expect(proxy.cuts).toBeGreaterThan(20);
    await assertOnce(await openPostgres(url), marks);
  });

  test("during a bulk load: all of it, once", async () => {
    const url = await freshPostgresUrl();
    const proxy = await openProxy(url);
    const log = await openPostgres(proxy.url, RETRY);
    const source = new MemoryLog();
    const nasty = ["\\N", "\\.", "a\tb\nc\\d\r", "\u0000", "\u2028", "é🚀", "'\"{},"];
    await source.append({ stream: "session-a", events: nasty.map((data) => ({ type: "t", data })) }, ACTOR);
    const [events = []] = await pagesOf(source);
    for (const text of ["COPY", "COMMIT"]) {
      await log.truncateAfter(0, await log.tail());
      proxy.decide = once(text, "cut");
      expect(await log.appendSealed(events)).toEqual(await source.tail());
    }
    expect(proxy.cuts).toBe(2);
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: nasty.length });
  });

  test("while cutting the log back: cut once", async () => {
    const url = await freshPostgresUrl();
    const proxy = await openProxy(url);
    const log = await openPostgres(proxy.url, RETRY);
    const events = [1, 2, 3].map((data) => ({ type: "t", data }));
    await log.append({ stream: "session-a", events }, ACTOR);
    proxy.decide = once("COMMIT", "cut");
    expect(await log.truncateAfter(1, await log.tail())).toMatchObject({ offset: 1 });
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 1 });
  });
});

describe("when the limit for trying again is spent", () => {
  test("an append that may have been written is reported as such, and may be repeated", async () => {
    const url = await freshPostgresUrl();
    const proxy = await openProxy(url);
    const log = await openPostgres(proxy.url, { retryLimitMs: 200 });
    const id = "0190a000-0000-7000-8000-00000000000a";
    const append = () => log.append({ stream: "session-a", events: [{ id, type: "t", data: "mark" }] }, ACTOR);
    let isSent = false;
    proxy.decide = (piece) => {
      isSent ||= piece.includes("mark");
      return isSent ? "cut" : "pass";
    };
    await expect(append()).rejects.toMatchObject({ code: "APPEND_OUTCOME_UNKNOWN", eventIds: [id] });
    proxy.decide = () => "pass";
    await append();
    await assertOnce(log, ["mark"]);
  });

  test("an append that was never sent is reported as not written", async () => {
    const proxy = await openProxy(await freshPostgresUrl());
    const log = await openPostgres(proxy.url, { retryLimitMs: 50 });
    await proxy.close();
    const append = log.append({ stream: "session-a", events: [{ type: "t", data: 1 }] }, ACTOR);
    await expect(append).rejects.toMatchObject({ name: "UnavailableError", code: "CONNECT_REFUSED" });
    await expect(log.tail()).rejects.toMatchObject({ name: "UnavailableError" });
    await expect(log.readAll().next()).rejects.toMatchObject({ name: "UnavailableError" });
  });

  test("a network that falls silent is noticed", async () => {
    const proxy = await openProxy(await freshPostgresUrl());
    const log = await openPostgres(proxy.url, { retryLimitMs: 0, statementTimeoutMs: 100 });
    const append = (data: string) => log.append({ stream: "session-a", events: [{ type: "t", data }] }, ACTOR);
    await append("before");
    proxy.decide = () => "stall";
    const unreachable = { name: "UnavailableError", code: "SERVER_UNREACHABLE" };
    await Promise.all([
      expect(log.tail()).rejects.toMatchObject(unreachable),
      expect(append("unheard")).rejects.toMatchObject({ code: "APPEND_OUTCOME_UNKNOWN", cause: unreachable }),
    ]);
  });
});

async function pagesOf(log: MemoryLog) {
  const pages = [];
  for await (const page of log.readAll()) pages.push(page);
  return pages;
}
