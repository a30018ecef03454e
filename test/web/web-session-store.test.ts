import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SealedEvent } from "../../src/log/event.js";
import { eventsOf } from "../../src/log/paging.js";
import { openKeyStore } from "../../src/open-key-store.js";
import { destroyAllSessions, destroySessionsOfUser, expireSessions } from "../../src/web-session/ending-sessions.js";
import type { WebSessionStore } from "../../src/web-session/web-session-store.js";
import { BACKENDS } from "../read-model/backends.js";
import { tempDir } from "../support/temp.js";
import { keyIn, openedSessions, sessionOf, TestClock } from "./web-stores.js";

async function typesOf({ log }: WebSessionStore): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of eventsOf(log.readAll())) types.push(type);
  return types;
}

async function codeOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => "done",
    (error: { code?: unknown }) => error.code ?? error,
  );
}

describe.each(BACKENDS)("web sessions on %s", (_name, freshUrl) => {
  test("what is set is got, by every process, until it is destroyed", async () => {
    const url = await freshUrl();
    const [one, two] = [await openedSessions(url), await openedSessions(url)];
    const session = sessionOf({ user_id: "ada", cart: [1, { n: "ü\u2028\ud800" }], __proto__x: null });
    expect(await one.get("sid-1")).toBeNull();
    await one.set("sid-1", session);
    expect(await two.get("sid-1")).toEqual(session);
    await two.set("sid-1", { ...session, cart: [] });
    expect(await one.get("sid-1")).toEqual({ ...session, cart: [] });
    await one.destroy("sid-1");
    expect([await one.get("sid-1"), await two.get("sid-1")]).toEqual([null, null]);
    await two.destroy("sid-1");
    await two.destroy("never-there");
    expect(await typesOf(one)).toEqual(["web.saved", "web.saved", "web.destroyed"]);
  });

  test("a session that was destroyed while a request worked is not saved again", async () => {
    const url = await freshUrl();
    const [one, two] = [await openedSessions(url), await openedSessions(url)];
    await one.set("sid", sessionOf({ user_id: "ada" }));
    await two.get("sid");
    await one.destroy("sid");
    for (const store of [one, two]) {
      expect(await codeOf(store.set("sid", sessionOf({ user_id: "ada" })))).toBe("WEB_SESSION_ENDED");
      await store.touch("sid", sessionOf({}, 7_200_000));
      expect(await store.get("sid")).toBeNull();
    }
  });

  test("a user who is no text ends nobody's sessions", async () => {
    const store = await openedSessions(await freshUrl());
    await store.set("sid-1", sessionOf({ user_id: "ada" }));
    await store.set("sid-2", sessionOf({}));
    for (const user of [undefined, null, {}, { ne: "x" }, 7]) {
      await expect(destroySessionsOfUser(store, user as never)).rejects.toThrow(/^a user is named by a text/);
    }
    expect(await typesOf(store)).toEqual(["web.saved", "web.saved"]);
  });

  test("of saves, touches and a logout at the same time, the logout wins", async () => {
    const url = await freshUrl();
    const stores = [await openedSessions(url, { touchInterval: 0 }), await openedSessions(url, { touchInterval: 0 })];
    for (let round = 0; round < 5; round++) {
      const sid = `sid-${round}`;
      await stores[0]?.set(sid, sessionOf({ user_id: "ada" }));
      const acts = stores.flatMap((store, i) =>
        [1, 2, 3].flatMap((n) => [
          codeOf(store.set(sid, sessionOf({ n }))),
          codeOf(store.touch(sid, sessionOf({}, 4_000_000 + n))),
          ...(n === 2 && i === round % 2 ? [codeOf(store.destroy(sid))] : []),
        ]),
      );
      for (const outcome of await Promise.all(acts)) expect(["done", "WEB_SESSION_ENDED"]).toContain(outcome);
      for (const store of stores) expect(await store.get(sid)).toBeNull();
    }
  });

  test("an expired session is gone at once, and its sweep ends its key", async () => {
    const clock = new TestClock();
    const store = await openedSessions(await freshUrl(), { now: clock.now });
    await store.set("sid", sessionOf({ user_id: "ada" }, 10_000, clock.now()));
    clock.pass(9.999);
    expect(await store.get("sid")).not.toBeNull();
    clock.pass(0.001);
    expect(await store.get("sid")).toBeNull();
    await store.touch("sid", sessionOf({}, 10_000, clock.now()));
    expect(await store.get("sid")).toBeNull();
    expect([await expireSessions(store), await expireSessions(store)]).toEqual([1, 0]);
    expect(await typesOf(store)).toEqual(["web.saved", "web.expired"]);
    await store.set("sid", sessionOf({ again: true }, 10_000, clock.now()));
    expect(await store.get("sid")).toMatchObject({ again: true });
    await store.destroy("sid");
    expect(await codeOf(store.set("sid", sessionOf()))).toBe("WEB_SESSION_ENDED");
  });

  test("a logout is final for a session that was swept before", async () => {
    const clock = new TestClock();
    const store = await openedSessions(await freshUrl(), { now: clock.now });
    await store.set("sid", sessionOf({}, 1000, clock.now()));
    clock.pass(2);
    await expireSessions(store);
    await store.destroy("sid");
    expect(await codeOf(store.set("sid", sessionOf({}, 1000, clock.now())))).toBe("WEB_SESSION_ENDED");
  });

  test("touching writes one event an interval, and a rolling session lives on", async () => {
    const clock = new TestClock();
    const url = await freshUrl();
    const stores = [await openedSessions(url, { now: clock.now }), await openedSessions(url, { now: clock.now })];
    const touchAll = async () => {
      for (const store of stores) {
        for (let i = 0; i < 3; i++) await store.touch("sid", sessionOf({}, 600_000, clock.now()));
      }
    };
    await stores[0]?.set("sid", sessionOf({ user_id: "ada" }, 600_000, clock.now()));
    await touchAll();
    clock.pass(59);
    await touchAll();
    expect(await typesOf(stores[0] as WebSessionStore)).toEqual(["web.saved"]);
    for (let minute = 0; minute < 15; minute++) {
      clock.pass(60);
      await touchAll();
    }
    expect(await typesOf(stores[0] as WebSessionStore)).toEqual(["web.saved", ...Array(15).fill("web.touched")]);
    const expires = new Date(clock.now().getTime() + 600_000).toISOString();
    for (const store of stores) expect(await store.get("sid")).toMatchObject({ user_id: "ada", cookie: { expires } });
    clock.pass(600);
    expect(await stores[0]?.get("sid")).toBeNull();
  });

  test("a session shorter than the interval lives as long as it is used; an earlier end counts at once", async () => {
    const clock = new TestClock();
    const store = await openedSessions(await freshUrl(), { now: clock.now });
    await store.set("sid", sessionOf({}, 10_000, clock.now()));
    for (let second = 0; second < 30; second++) {
      clock.pass(1);
      await store.touch("sid", sessionOf({}, 10_000, clock.now()));
      expect(await store.get("sid")).not.toBeNull();
    }
    expect((await typesOf(store)).length).toBeLessThanOrEqual(1 + 30 / 5);
    await store.touch("sid", sessionOf({}, 2000, clock.now()));
    clock.pass(2);
    expect(await store.get("sid")).toBeNull();
  });

  test("a life that becomes much longer is kept at once", async () => {
    const clock = new TestClock();
    const store = await openedSessions(await freshUrl(), { now: clock.now });
    await store.set("sid", sessionOf({}, 100_000, clock.now()));
    clock.pass(1);
    await store.touch("sid", sessionOf({}, 1_000_000, clock.now()));
    clock.pass(900);
    expect(await store.get("sid")).not.toBeNull();
  });

  test("a large session that was touched is read whole", async () => {
    const clock = new TestClock();
    const store = await openedSessions(await freshUrl(), { now: clock.now });
    const large = sessionOf({ text: "x".repeat(20_000) }, 600_000, clock.now());
    await store.set("sid", large);
    for (let i = 0; i < 3; i++) {
      clock.pass(100);
      await store.touch("sid", sessionOf({}, 600_000, clock.now()));
    }
    expect(await store.get("sid")).toMatchObject({ text: large.text });
    const sizes: number[] = [];
    for await (const { dataText } of eventsOf(store.log.readAll())) sizes.push(dataText?.length ?? 0);
    expect(Math.max(...sizes.slice(1))).toBeLessThan(1000);
  });

  test("neither id nor data stand in the log, and after the end nobody can read the data", async () => {
    const url = await freshUrl();
    const folder = join(tempDir(), "keys");
    const store = await openedSessions(url, { keyStore: `file:${folder}` });
    await store.set("sid-very-secret", sessionOf({ user_id: "ada", token: "tok-very-secret" }));
    const stored: string[] = [];
    let key = "";
    for await (const event of eventsOf(store.log.readAll())) {
      stored.push(JSON.stringify(event));
      key = (event.data as { key: string }).key;
    }
    expect(stored.join("")).not.toMatch(/very-secret/);
    expect(stored.join("")).toContain('"user":"ada"');
    const keys = await openKeyStore(`file:${folder}`);
    const bytes = (await keyIn(keys, key)) as Buffer;
    const inFiles = () => readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(bytes));
    expect([bytes.length, inFiles()]).toEqual([32, true]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    await store.destroy("sid-very-secret");
    expect([await keyIn(keys, key), inFiles()]).toEqual([null, false]);
  });

  test("keys of sessions that ended while their owner was stopped are destroyed by the next sweep", async () => {
    const url = await freshUrl();
    const store = await openedSessions(url);
    await store.set("sid", sessionOf());
    const stream = await firstStream(store);
    const { key } = ((await store.log.readLast(stream)) as SealedEvent).data as { key: string };
    // The event of a logout whose process was killed before it got to the key.
    await store.log.append(
      { stream, events: [{ type: "web.destroyed", data: { key }, meta: { schema: 1 } }] },
      { actor: "app:killed" },
    );
    expect(await store.keys.get(key)).not.toBeNull();
    await expireSessions(store);
    expect(await store.keys.get(key)).toBeNull();
  });

  test("another key store is an error, not an empty answer", async () => {
    const url = await freshUrl();
    const store = await openedSessions(url);
    await store.set("sid", sessionOf({ user_id: "ada" }));
    const lost = await openedSessions(url, { keyStore: `file:${join(tempDir(), "empty")}` });
    expect(await codeOf(lost.get("sid"))).toBe("WEB_KEY_MISSING");
    const wrong = await openedSessions(url, {
      keyStore: {
        url: "wrong:",
        create: async () => [],
        read: async (id) => [{ id, key: Buffer.alloc(32, 7) }],
        destroy: async () => undefined,
        close: async () => undefined,
      },
    });
    expect(await codeOf(wrong.get("sid"))).toBe("WEB_DATA_UNREADABLE");
    expect(await store.get("sid")).not.toBeNull();
  });

  test("a user is logged out everywhere, others stay", async () => {
    const url = await freshUrl();
    const [one, two] = [await openedSessions(url), await openedSessions(url)];
    for (let i = 0; i < 6; i++) await one.set(`sid-${i}`, sessionOf({ user_id: i % 3 === 0 ? "ada" : 42 }));
    expect(await destroySessionsOfUser(two, "ada")).toBe(2);
    const alive = await Promise.all([0, 1, 2, 3, 4, 5].map(async (i) => (await one.get(`sid-${i}`)) !== null));
    expect(alive).toEqual([false, true, true, false, true, true]);
    expect([await destroySessionsOfUser(one, "42"), await destroyAllSessions(one)]).toEqual([4, 0]);
  });
});

async function firstStream({ log }: WebSessionStore): Promise<string> {
  for await (const { stream } of eventsOf(log.readAll())) return stream;
  throw new Error("the log is empty");
}

test("what JSON cannot carry, and what is too large, is refused and changes nothing", async () => {
  const store = await openedSessions(`sqlite:${join(tempDir(), "s.db")}`);
  await store.set("sid", sessionOf({ kept: true }));
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const bad: [unknown, string][] = [
    [{ n: 1n }, "DATA_NOT_JSON"],
    [{ n: Number.NaN }, "DATA_NOT_JSON"],
    [{ n: Number.POSITIVE_INFINITY }, "DATA_NOT_JSON"],
    [{ list: [undefined] }, "DATA_NOT_JSON"],
    [{ map: new Map([[1, 2]]) }, "DATA_NOT_JSON"],
    [{ set: new Set([1]) }, "DATA_NOT_JSON"],
    [{ act: () => 1 }, "DATA_NOT_JSON"],
    [{ sym: Symbol("s") }, "DATA_NOT_JSON"],
    [{ cycle }, "DATA_NOT_JSON"],
    [{ deep }, "DATA_TOO_DEEP"],
    [
      {
        get bad() {
          throw new Error("a getter");
        },
      },
      "DATA_NOT_JSON",
    ],
    [{ text: "x".repeat(1_000_000) }, "WEB_SESSION_TOO_LARGE"],
    [{ user_id: { id: 1 } }, "WEB_USER_INVALID"],
    [{ cookie: { expires: "soon" } }, "WEB_EXPIRY_INVALID"],
    [{ cookie: { expires: {} } }, "WEB_EXPIRY_INVALID"],
    [{ cookie: { expires: true } }, "WEB_EXPIRY_INVALID"],
    [{ cookie: { maxAge: "60000" } }, "WEB_EXPIRY_INVALID"],
    [{ cookie: { originalMaxAge: ["1"] } }, "WEB_EXPIRY_INVALID"],
    [null, "DATA_NOT_JSON"],
    ["text", "DATA_NOT_JSON"],
    [[], "DATA_NOT_JSON"],
  ];
  for (const [data, code] of bad) expect(await codeOf(store.set("sid", data)), String(code)).toBe(code);
  for (const sid of ["", 7, null, undefined, "x".repeat(5000), {}]) {
    expect(await codeOf(store.get(sid as string))).toBe("WEB_SESSION_ID_INVALID");
  }
  expect(await store.get("sid")).toMatchObject({ kept: true });
  const date = new Date(0);
  await store.set("sid", sessionOf({ date, gone: undefined }));
  expect(await store.get("sid")).toMatchObject({ date: date.toISOString() });
});

test.each([
  [{ url: "nonsense" }, "STORE_URL_INVALID"],
  [{ url: "mysql://localhost/x" }, "STORE_URL_INVALID"],
  [{ url: "" }, "STORE_URL_INVALID"],
  [{ url: "sqlite:" }, "STORE_URL_INVALID"],
  [{ url: 7 as unknown as string }, "STORE_URL_INVALID"],
  [{ url: "postgres://u:p@h:x/db" }, "STORE_URL_INVALID"],
  [{ url: "memory:", keyStore: "nowhere" }, "KEY_STORE_URL_INVALID"],
  [{ url: "memory:", ttl: 0 }, "WEB_OPTION_INVALID"],
  [{ url: "memory:", ttl: Number.NaN }, "WEB_OPTION_INVALID"],
  [{ url: "memory:", touchInterval: -1 }, "WEB_OPTION_INVALID"],
  [{ url: "memory:", maxBytes: 1e9 }, "WEB_OPTION_INVALID"],
  [{ url: "memory:", userIdPath: "a..b" }, "FIELD_PATH_INVALID"],
  [{ url: "memory:", pool: { max: 0 } }, "WEB_OPTION_INVALID"],
])("%j is refused", async (options, code) => {
  expect(await codeOf(openedSessions(options.url, options))).toBe(code);
});
