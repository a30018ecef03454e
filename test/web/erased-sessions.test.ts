import { describe, expect, onTestFinished, test } from "vitest";
import { countWebSessions, findWebSession, listWebSessions } from "../../src/inspect/web-sessions.js";
import { keyStoreUrlOf, openKeyStore } from "../../src/open-key-store.js";
import { destroyAllSessions, destroySessionsOfUser, expireSessions } from "../../src/web-session/ending-sessions.js";
import { importWebSessions } from "../../src/web-session/import-web-sessions.js";
import { sessionHash, webStream } from "../../src/web-session/session-hash.js";
import type { WebSessionStore } from "../../src/web-session/web-session-store.js";
import { BACKENDS } from "../read-model/backends.js";
import { keyIn, openedSessions, sessionOf, TestClock } from "./web-stores.js";

const HOUR_MS = 3_600_000;

/** The data of the newest event of a session is erased. */
async function eraseNewest({ log }: WebSessionStore, sid: string): Promise<void> {
  const last = await log.readLast(webStream(sessionHash(sid)));
  await log.redact?.({ offsets: [last?.offset ?? 0] }, { actor: "user:e" });
}

async function newestType({ log }: WebSessionStore, sid: string): Promise<string | undefined> {
  return (await log.readLast(webStream(sessionHash(sid))))?.type;
}

/** Of a session's newest event that can be read. */
async function keyOf({ log }: WebSessionStore, sid: string): Promise<string> {
  const last = await log.readLast(webStream(sessionHash(sid)));
  return (last as unknown as { readonly data: { readonly key: string } }).data.key;
}

describe.each(BACKENDS)("on %s, a session whose newest event was erased", (_name, freshUrl) => {
  /** One that was saved twice, and erased since; and one that is as it was. Both are ada's. */
  async function erased() {
    const clock = new TestClock();
    const url = await freshUrl();
    const store = await openedSessions(url, { now: clock.now });
    for (const sid of ["erased", "erased", "whole"]) {
      await store.set(sid, sessionOf({ user_id: "ada" }, HOUR_MS, clock.now()));
    }
    const key = await keyOf(store, "erased");
    await eraseNewest(store, "erased");
    const keys = await openKeyStore(keyStoreUrlOf(url));
    onTestFinished(() => keys.close());
    return { clock, keys, key, other: await openedSessions(url, { now: clock.now }) };
  }

  test("is an error for who reads it, and can be logged out, with its key", async () => {
    const { other, keys, key } = await erased();
    await expect(other.get("erased")).rejects.toMatchObject({ code: "WEB_EVENT_UNREADABLE" });
    expect(await other.destroyByHash(sessionHash("erased"))).toBe(true);
    expect(await other.get("erased")).toBeNull();
    expect(await keyIn(keys, key)).toBeNull();
    await expect(other.set("erased", sessionOf())).rejects.toMatchObject({ code: "WEB_SESSION_ENDED" });
  });

  test("is logged out by its id, and by who found it in a list", async () => {
    const { other } = await erased();
    await other.destroy("erased");
    expect(await newestType(other, "erased")).toBe("web.destroyed");
    const again = await erased();
    const found = await findWebSession(again.other.log, sessionHash("erased"));
    expect(await again.other.destroyListed(found)).toBe(true);
  });

  test("keeps nobody from being logged out everywhere, nor all", async () => {
    const one = (await erased()).other;
    expect(await destroySessionsOfUser(one, "ada")).toBe(2);
    const two = (await erased()).other;
    expect(await destroyAllSessions(two)).toBe(2);
    for (const store of [one, two]) {
      expect([await newestType(store, "erased"), await newestType(store, "whole")]).toEqual(
        Array(2).fill("web.destroyed"),
      );
    }
  });

  test("is swept with the others when it has expired", async () => {
    const { clock, other, keys, key } = await erased();
    clock.pass(2 * 3600);
    expect(await expireSessions(other)).toBe(2);
    expect(await keyIn(keys, key)).toBeNull();
    expect(await other.get("erased")).toBeNull();
  });

  test("stays as it is in an import, which goes on", async () => {
    const { clock, other } = await erased();
    const expiresAt = new Date(clock.now().getTime() + 2 * HOUR_MS).toISOString();
    const records = ["erased", "new"].map((sid) => ({ sid, data: {}, expiresAt }));
    const report = {
      read: 2,
      imported: 0,
      updated: 0,
      unchanged: 0,
      repaired: 0,
      refused: 0,
      duplicates: 0,
      notes: [],
    };
    async function* all() {
      yield* records;
    }
    const told = await importWebSessions(other, { records: all(), report: report as never }, { source: "test:x" });
    expect(told).toMatchObject({ imported: 1, kept: 1 });
  });
});

test.each(BACKENDS)("on %s, a logout whose data was erased is still a logout", async (_name, freshUrl) => {
  const url = await freshUrl();
  const store = await openedSessions(url);
  await store.set("sid", sessionOf({ user_id: "ada" }));
  await store.destroy("sid");
  await eraseNewest(store, "sid");
  const other = await openedSessions(url);
  expect(await other.get("sid")).toBeNull();
  await expect(other.set("sid", sessionOf())).rejects.toMatchObject({ code: "WEB_SESSION_ENDED" });
  expect((await listWebSessions(other.log)).sessions).toEqual([]);
  expect((await countWebSessions(other.log, { user: "ada" })).count).toBe(0);
  expect(await destroyAllSessions(other)).toBe(0);
  expect(await expireSessions(other)).toBe(0);
});

test("a session that cannot be ended keeps no other from it: it is told when all others have ended", async () => {
  const clock = new TestClock();
  const store = await openedSessions("memory:", { now: clock.now });
  const sids = Array.from({ length: 130 }, (_, i) => `sid-${i}`);
  const save = async () => {
    for (const sid of sids) await store.set(sid, sessionOf({ user_id: "ada" }, HOUR_MS, clock.now()));
  };
  await save();
  const strange = { type: "web.saved", data: {}, meta: { schema: 2 } };
  await store.log.append({ stream: webStream(sessionHash("sid-3")), events: [strange] }, { actor: "app:newer" });
  clock.pass(2 * 3600);
  await expect(expireSessions(store)).rejects.toMatchObject({ code: "WEB_EVENT_UNREADABLE" });
  sids.splice(3, 1);
  for (const sid of sids) expect(await newestType(store, sid)).toBe("web.expired");
  await save();
  await expect(destroySessionsOfUser(store, "ada")).rejects.toMatchObject({ code: "WEB_EVENT_UNREADABLE" });
  for (const sid of sids) expect(await newestType(store, sid)).toBe("web.destroyed");
});
