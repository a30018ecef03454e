/** What express-session, its MemoryStore and connect-pg-simple promise of a store, as cases of our own. */
import { EventEmitter } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Request } from "express";
import session, { type SessionData } from "express-session";
import { describe, expect, onTestFinished, test } from "vitest";
import { type SessionDbStore, type SessionStoreOptions, sessionStore } from "../../src/express/session-store.js";
import { openLog } from "../../src/open-log.js";
import { BACKENDS } from "../read-model/backends.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { sessionOf, TestClock } from "./web-stores.js";

function opened(options: SessionStoreOptions): SessionDbStore {
  const store = sessionStore(options);
  onTestFinished(() => store.close());
  return store;
}

function data(more: Record<string, unknown> = {}, maxAgeMs: number | null = 60_000, now?: Date): SessionData {
  return sessionOf(more, maxAgeMs, now) as unknown as SessionData;
}

/** A call with a callback, as a promise of what the callback got. */
function called(act: (callback: (...args: unknown[]) => void) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => act((...args) => resolve(args)));
}

describe.each(BACKENDS)("a store on %s", (_name, freshUrl) => {
  test("is a Store of express-session and an EventEmitter", async () => {
    const store = opened({ url: await freshUrl() });
    expect(store).toBeInstanceOf(session.Store);
    expect(store).toBeInstanceOf(EventEmitter);
  });

  test("closing waits for what is under way, and may be asked for again", async () => {
    const url = await freshUrl();
    const store = opened({ url });
    await store.set("first", data());
    const saves = Array.from({ length: 20 }, (_, i) => store.set(`sid-${i}`, data()));
    const closed = store.close();
    await expect(store.get("first")).rejects.toMatchObject({ code: "LOG_CLOSED" });
    await Promise.all([...saves, closed, store.close()]);
    await store.close();
    expect(await opened({ url }).length()).toBe(21);
  });

  test("who names no user asks for nobody's sessions, and not for everybody's", async () => {
    const store = opened({ url: await freshUrl() });
    await store.set("sid", data({ user_id: "ada" }));
    for (const none of [undefined, null, {}] as never[]) {
      await expect(store.countSessionsForUser(none)).rejects.toThrow(TypeError);
      await expect(store.listSessionsForUser(none)).rejects.toThrow(TypeError);
      await expect(store.clearSessionsForUser(none)).rejects.toThrow(TypeError);
    }
    expect(await store.countSessionsForUser("ada")).toBe(1);
  });

  test("answers through callbacks: null and the value, later and never at once", async () => {
    const store = opened({ url: await freshUrl() });
    let isLater = false;
    const got = called((callback) => store.get("nobody", (...args) => callback(isLater, ...args)));
    isLater = true;
    expect(await got).toEqual([true, null, null]);
    const saved = data({ name: "tj", list: [{ deep: null }] });
    expect((await called((callback) => store.set("sid", saved, callback)))[0]).toBeNull();
    expect(await called((callback) => store.get("sid", callback))).toEqual([null, saved]);
    expect(await called((callback) => store.length(callback))).toEqual([null, 1]);
    expect(await called((callback) => store.all(callback))).toEqual([null, [saved]]);
    expect((await called((callback) => store.touch("sid", saved, callback)))[0]).toBeNull();
    expect((await called((callback) => store.destroy("sid", callback)))[0]).toBeNull();
    expect((await called((callback) => store.destroy("sid", callback)))[0]).toBeNull();
    expect(await called((callback) => store.get("sid", callback))).toEqual([null, null]);
    expect((await called((callback) => store.clear(callback)))[0]).toBeNull();
  });

  test("a session that was got is a copy of its own", async () => {
    const store = opened({ url: await freshUrl() });
    await store.set("sid", data({ list: [1] }));
    const first = (await store.get("sid")) as unknown as { list: number[] };
    first.list.push(2);
    expect(await store.get("sid")).toMatchObject({ list: [1] });
  });

  test("set replaces the whole session; a touch changes no data of it", async () => {
    const clock = new TestClock();
    const store = opened({ url: await freshUrl(), now: clock.now });
    await store.set("sid", data({ a: 1, b: 1 }, 600_000, clock.now()));
    await store.set("sid", data({ b: 2 }, 600_000, clock.now()));
    expect(await store.get("sid")).not.toHaveProperty("a");
    clock.pass(300);
    await store.touch("sid", data({ b: 3, c: 3 }, 600_000, clock.now()));
    const touched = (await store.get("sid")) as unknown as { cookie: { expires: string } };
    expect(touched).toMatchObject({ b: 2, cookie: { originalMaxAge: 600_000 } });
    expect(touched).not.toHaveProperty("c");
    expect(Date.parse(touched.cookie.expires)).toBe(clock.now().getTime() + 600_000);
    await store.touch("nobody", data({}, 600_000, clock.now()));
    expect(await store.get("nobody")).toBeNull();
  });

  test("all, length and clear are about sessions that live", async () => {
    const clock = new TestClock();
    const store = opened({ url: await freshUrl(), now: clock.now });
    for (let i = 1; i <= 4; i++) await store.set(`sid-${i}`, data({ i }, i * 1000, clock.now()));
    expect(await store.length()).toBe(4);
    clock.pass(2);
    expect(await store.length()).toBe(2);
    expect(await store.all()).toMatchObject([{ i: 3 }, { i: 4 }]);
    await store.clear();
    expect([await store.length(), await store.all()]).toEqual([0, []]);
    await store.set("sid-9", data({}, 1000, clock.now()));
    expect(await store.length()).toBe(1);
  });

  test("load makes a Session with a cookie whose expiry is a Date", async () => {
    const store = opened({ url: await freshUrl() });
    await store.set("sid", data({ name: "tj" }));
    const [error, loaded] = (await called((callback) => store.load("sid", callback))) as [unknown, session.Session];
    expect(error).toBeNull();
    expect(loaded.cookie.expires).toBeInstanceOf(Date);
    expect(loaded).toMatchObject({ id: "sid", name: "tj" });
    expect(await called((callback) => store.load("nobody", callback))).toEqual([]);
  });

  test("regenerate destroys the old session", async () => {
    const store = opened({ url: await freshUrl() });
    await store.set("old", data());
    // What the middleware puts there.
    const generating = store as unknown as { generate(request: Request): void };
    generating.generate = (request) => {
      (request as { sessionID: string }).sessionID = "new";
    };
    const request = { sessionID: "old" } as Request;
    await called((callback) => store.regenerate(request, callback));
    expect([request.sessionID, await store.get("old")]).toEqual(["new", null]);
  });

  test("ends when the cookie says: expires, else maxAge, else ttl, else a day", async () => {
    const clock = new TestClock();
    const url = await freshUrl();
    const [store, short] = [opened({ url, now: clock.now }), opened({ url, now: clock.now, ttl: 30 })];
    const save = async (sid: string, cookie: object, by = store) => by.set(sid, { cookie } as SessionData);
    const at = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000);
    await save("text", { expires: at(10).toISOString(), maxAge: 99_000 });
    await save("date", { expires: at(11) });
    await save("maxAge", { maxAge: 12_000 });
    await save("ttl", { originalMaxAge: null, expires: null }, short);
    await save("day", {});
    await short.set("bare", {} as SessionData);
    const ends = (await store.dumpAll()).map(({ expiresAt }) => (Date.parse(expiresAt) - clock.now().getTime()) / 1000);
    expect(ends).toEqual([10, 11, 12, 30, 86_400, 30]);
    await save("past", { expires: at(-1) });
    expect(await store.get("past")).toBeNull();
  });

  test("deleteExpired removes what has expired and nothing else", async () => {
    const clock = new TestClock();
    const store = opened({ url: await freshUrl(), now: clock.now });
    for (let i = 0; i < 5; i++) await store.set(`dead-${i}`, data({}, 1000, clock.now()));
    await store.set("alive", data({}, 9000, clock.now()));
    clock.pass(1);
    expect([await store.deleteExpired(), await store.deleteExpired()]).toEqual([5, 0]);
    expect(await store.get("alive")).not.toBeNull();
  });

  test("users: counted, listed, logged out everywhere; a logout takes a session off the list", async () => {
    const store = opened({ url: await freshUrl(), userIdPath: "passport.user.id" });
    const of = (id: unknown) => data({ passport: { user: { id } } });
    for (let i = 0; i < 3; i++) await store.set(`ada-${i}`, of("ada"));
    await store.set("seven", of(7));
    await store.set("guest", data());
    expect([await store.countSessionsForUser("ada"), await store.countSessionsForUser(7)]).toEqual([3, 1]);
    const listed = await store.listSessionsForUser("ada");
    expect(listed.map((one) => Object.keys(one).sort())).toEqual(
      Array(3).fill(["createdAt", "expiresAt", "id", "seenAt", "user"]),
    );
    await store.set("ada-0", data());
    expect(await store.countSessionsForUser("ada")).toBe(2);
    expect([await store.clearSessionsForUser("ada"), await store.countSessionsForUser("ada")]).toEqual([2, 0]);
    expect((await store.dumpAll()).map(({ user }) => user).sort()).toEqual(["7", null, null].sort());
    expect([await store.clearAllSessions(), await store.length()]).toEqual([3, 0]);
  });

  test("who was signed in then is answered as of a time and as of an offset", async () => {
    const clock = new TestClock("2026-02-01T17:00:00.000Z");
    const store = opened({ url: await freshUrl(), now: clock.now });
    await store.set("ada", data({ user_id: "ada" }, 7_200_000, clock.now())); // until 19:00
    await store.set("bob", data({ user_id: "bob" }, 1_800_000, clock.now())); // until 17:30
    clock.pass(3600);
    await store.set("eve", data({ user_id: "eve" }, 7_200_000, clock.now()));
    clock.pass(1800);
    await store.destroy("ada");
    clock.pass(86_400);
    const at = async (asOf: string) => (await store.dumpAll({ asOf })).map(({ user }) => user);
    expect(await at("2026-02-01T16:59:59Z")).toEqual([]);
    expect(await at("2026-02-01T17:10:00Z")).toEqual(["ada", "bob"]);
    expect(await at("2026-02-01T17:30:00Z")).toEqual(["ada"]);
    expect(await at("2026-02-01T18:00:00Z")).toEqual(["ada", "eve"]);
    expect(await at("2026-02-01T18:45:00Z")).toEqual(["eve"]);
    expect([await at("2"), await at("HEAD"), await at("0")]).toEqual([["ada", "bob"], ["eve"], []]);
    expect(await store.countSessionsForUser("ada", { asOf: "1d" })).toBe(0);
    expect(await store.countSessionsForUser("eve", { asOf: "1d" })).toBe(1);
    expect(await store.listSessionsForUser("bob", { asOf: "2026-02-01T17:10:00Z" })).toHaveLength(1);
    await expect(store.dumpAll({ asOf: "99" })).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
    await expect(store.dumpAll({ asOf: "yesterday-ish" })).rejects.toMatchObject({ code: "POINT_INVALID" });
  });

  test("several stores open an empty place at once", async () => {
    const url = await freshUrl();
    const stores = Array.from({ length: 5 }, () => opened({ url }));
    await Promise.all(stores.map((store, i) => store.set(`sid-${i}`, data({ i }))));
    expect(await Promise.all(stores.map((store) => store.length()))).toEqual([5, 5, 5, 5, 5]);
  });
});

test("the sweep runs by itself until the store is closed", async () => {
  const clock = new TestClock();
  const url = `sqlite:${join(tempDir(), "s.db")}`;
  const store = opened({ url, now: clock.now, pruneInterval: 0.05 });
  await store.set("sid", data({}, 1000, clock.now()));
  clock.pass(1);
  const log = await openLog(url);
  onTestFinished(() => log.close());
  await until("it was swept", async () => (await log.tail()).offset === 2);
  await store.close();
  await store.close();
  await expect(store.get("sid")).rejects.toMatchObject({ code: "LOG_CLOSED" });
});

test("a store that is closed leaves no key that nothing was sealed with", async () => {
  const folder = tempDir();
  const url = `sqlite:${join(folder, "s.db")}`;
  const store = opened({ url });
  expect(readdirSync(folder)).toEqual([]);
  await store.set("sid", data());
  await store.close();
  const [file] = readdirSync(join(folder, "s.db.keys"));
  const bytes = readFileSync(join(folder, "s.db.keys", file as string));
  const keys = Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
  expect(keys.filter((key) => key.some((byte) => byte !== 0))).toHaveLength(1);
  expect(await opened({ url }).get("sid")).not.toBeNull();
});

test("options that cannot be are errors of the first use", async () => {
  const wrong = [{ pruneInterval: -1 }, { pruneInterval: Number.NaN }, { pruneInterval: true }, { lateSave: "refuse" }];
  for (const options of [...wrong, { ttl: -1 }, { maxBytes: 0 }]) {
    const store = opened({ url: "memory:", ...options } as SessionStoreOptions);
    const [error] = await called((callback) => store.get("sid", callback));
    expect(error).toMatchObject({ code: "WEB_OPTION_INVALID" });
  }
});

test("the address is SESSION_DB_URL, BODHI_SESSION_DB_URL, else a file in the folder of states", async () => {
  const folder = tempDir();
  const before = { ...process.env };
  onTestFinished(() => {
    process.env = before;
  });
  process.env.XDG_STATE_HOME = folder;
  delete process.env.SESSION_DB_URL;
  delete process.env.BODHI_SESSION_DB_URL;
  const usedBy = async (name: string) => {
    const store = sessionStore();
    await store.set("sid", data());
    await store.close();
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).includes(name);
  };
  expect(await usedBy(join("minsky", "session.db"))).toBe(true);
  process.env.BODHI_SESSION_DB_URL = `sqlite:${join(folder, "bodhi.db")}`;
  expect(await usedBy("bodhi.db")).toBe(true);
  process.env.SESSION_DB_URL = `jsonl:${join(folder, "own.jsonl")}`;
  expect(await usedBy("own.jsonl")).toBe(true);
});

test.each<[string, unknown]>([
  ["the module of express-session, as older stores take it", session],
  ["an address alone", "sqlite:./web.db"],
  ["null", null],
  ["an option of another store", { conString: "postgres://db/app" }],
  ["a misspelling", { userIDPath: "user.id", ulr: "sqlite:./web.db" }],
])("%s is refused at once, and no file of this machine takes the logins instead", (_what, options) => {
  const made = () => sessionStore(options as SessionStoreOptions);
  expect(made).toThrow(expect.objectContaining({ code: "WEB_OPTION_INVALID", hint: expect.stringContaining("url") }));
});
