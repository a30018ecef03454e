import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type SessionStoreOptions, sessionStore } from "../../src/express/session-store.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { openLog } from "../../src/open-log.js";
import { BACKENDS } from "../read-model/backends.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { Browser } from "./browser.js";
import { type AppOptions, expressApp, listening } from "./express-app.js";
import { TestClock } from "./web-stores.js";

async function served(options: SessionStoreOptions, appOptions: AppOptions = {}) {
  const store = sessionStore(options);
  onTestFinished(() => store.close());
  const { url, close } = await listening(expressApp(store, appOptions));
  onTestFinished(close);
  return { store, url, browser: () => new Browser(url) };
}

const MINUTE_MS = 60_000;

describe.each(BACKENDS)("an Express app on %s", (_name, freshUrl) => {
  test("keeps what a visitor did, over two servers", async () => {
    const url = await freshUrl();
    const [one, two] = [await served({ url }), await served({ url })];
    const browser = one.browser();
    expect((await browser.get("/me")).setCookie).toEqual([]);
    expect(await browser.json("/view")).toBe(1);
    const other = two.browser();
    other.cookies.set("connect.sid", browser.cookies.get("connect.sid") as string);
    expect([await other.json("/view"), await browser.json("/view")]).toEqual([2, 3]);
    expect(await other.json("/reload")).toBe(3);
    expect(await two.browser().json("/me")).toEqual({ user: null, views: 0 });
  });

  test.each([undefined, null, "text", [1], 7])(
    "a session whose cookie is %j, by other hands, can be used",
    async (cookie) => {
      const { store, browser } = await served({ url: await freshUrl() });
      const visitor = browser();
      const sid = (await visitor.get("/login?user=ada")).text;
      await store.set(sid, { user_id: "bob", cookie } as never);
      expect(await visitor.get("/me")).toMatchObject({ status: 200, text: '{"user":"bob","views":0}' });
      expect(await visitor.json("/view")).toBe(1);
      expect(await store.all()).toMatchObject([{ user_id: "bob", views: 1, cookie: expect.any(Object) }]);
    },
  );

  test("an end that was saved as a number of milliseconds is a time for the next request", async () => {
    const clock = new TestClock();
    const { store } = await served({ url: await freshUrl(), now: clock.now });
    const end = clock.now().getTime() + MINUTE_MS;
    await store.set("sid", { cookie: { originalMaxAge: null, expires: end } } as never);
    expect((await store.get("sid"))?.cookie.expires).toBe(new Date(end).toISOString());
  });

  test("a login makes a new id and leaves the old one dead; a logout counts for all servers at once", async () => {
    const url = await freshUrl();
    const [one, two] = [await served({ url }), await served({ url })];
    const browser = one.browser();
    await browser.json("/view");
    const before = browser.cookies.get("connect.sid") as string;
    await browser.get("/login?user=ada");
    const signedIn = browser.cookies.get("connect.sid") as string;
    expect(signedIn).not.toBe(before);
    const thief = two.browser();
    thief.cookies.set("connect.sid", before);
    expect(await thief.json("/me")).toEqual({ user: null, views: 0 });
    thief.cookies.set("connect.sid", signedIn);
    expect(await thief.json("/me")).toEqual({ user: "ada", views: 0 });
    expect((await browser.get("/logout")).text).toBe("bye");
    thief.cookies.set("connect.sid", signedIn);
    expect(await thief.json("/me")).toEqual({ user: null, views: 0 });
    expect(await one.store.length()).toBe(0);
  });

  test("a request that outlasts the logout ends well, and does not bring the session back", async () => {
    const waiting: (() => void)[] = [];
    const slow = () => new Promise<void>((resolve) => void waiting.push(resolve));
    const { store, browser } = await served({ url: await freshUrl() }, { slow });
    const late: unknown[] = [];
    store.on("late-save", (error: { code?: string }) => late.push(error.code));
    const visitor = browser();
    await visitor.get("/login?user=ada");
    const signedIn = visitor.cookies.get("connect.sid") as string;
    const working = visitor.get("/slow");
    await until("the slow request has begun", () => waiting.length === 1);
    const logout = browser();
    logout.cookies.set("connect.sid", signedIn);
    await logout.get("/logout");
    waiting[0]?.();
    expect(await working).toMatchObject({ status: 200, text: "slow done" });
    expect(late).toEqual(["WEB_SESSION_ENDED"]);
    expect(await store.get(sidOf(signedIn))).toBeNull();
    expect(await store.listSessionsForUser("ada")).toEqual([]);
  });

  test("a rolling session lives while it is used, by few events, and then is gone", async () => {
    const clock = new TestClock(new Date().toISOString());
    const { store, browser } = await served(
      { url: await freshUrl(), now: clock.now },
      { rolling: true, cookie: { maxAge: 10 * MINUTE_MS } },
    );
    const visitor = browser();
    await visitor.get("/login?user=ada");
    for (let i = 0; i < 5; i++) await visitor.get("/me");
    expect(await store.dumpAll()).toMatchObject([{ user: "ada" }]);
    expect(await visitor.json("/me")).toMatchObject({ user: "ada" });
    clock.pass(11 * 60);
    expect(await visitor.json("/me")).toMatchObject({ user: null });
    expect([await store.length(), await store.deleteExpired(), await store.deleteExpired()]).toEqual([0, 1, 0]);
  });
});

describe.each(BACKENDS)("an Express app on %s whose sessions of before are archived", (_name, freshUrl) => {
  test("goes on without the file: who is signed in stays so, who has ended or expired is nobody", async () => {
    const [url, file] = [await freshUrl(), join(tempDir(), "web.jsonl.gz")];
    const clock = new TestClock(new Date().toISOString());
    const options = { url, now: clock.now, pruneInterval: false } as const;
    const app = { rolling: true, cookie: { maxAge: 30 * MINUTE_MS } };
    const { store, browser } = await served(options, app);
    const short = await served(options, { cookie: { maxAge: 10 * MINUTE_MS } });
    const [ada, bob, eve] = [browser(), short.browser(), browser()];
    for (const [user, one] of [
      ["ada", ada],
      ["bob", bob],
      ["eve", eve],
    ] as const)
      await one.get(`/login?user=${user}`);
    const left = eve.cookies.get("connect.sid") as string;
    await eve.get("/logout");
    clock.pass(9 * 60);
    await ada.json("/view");
    clock.pass(2 * 60);
    expect([await store.deleteExpired(), await store.length()]).toEqual([1, 1]);
    const log = await openLog(url);
    const archived = await archiveBefore(log, new Date(clock.now().getTime() - 10 * MINUTE_MS).toISOString(), file);
    expect(archived?.to).toBeGreaterThan(3);
    await log.close();
    rmSync(file);

    const again = await served(options, app);
    const returned = (cookie: string | undefined) => {
      const browser = again.browser();
      browser.cookies.set("connect.sid", cookie ?? "");
      return browser;
    };
    const here = returned(ada.cookies.get("connect.sid"));
    expect(await here.json("/view")).toBe(2);
    expect(await here.json("/me")).toMatchObject({ user: "ada", views: 2 });
    const thief = returned(left);
    for (const one of [returned(bob.cookies.get("connect.sid")), thief]) {
      expect(await one.json("/me")).toMatchObject({ user: null });
    }
    await thief.get("/login?user=ada");
    expect(await again.store.countSessionsForUser("ada")).toBe(2);
    expect(await again.store.clearSessionsForUser("ada")).toBe(2);
    expect(await here.json("/me")).toMatchObject({ user: null });
  });
});

test("setting the session to null destroys it, where the app says unset: destroy", async () => {
  const { store, browser } = await served({ url: `sqlite:${join(tempDir(), "s.db")}` }, { unset: "destroy" });
  const visitor = browser();
  await visitor.get("/login?user=ada");
  expect(await store.countSessionsForUser("ada")).toBe(1);
  await visitor.get("/drop");
  expect(await store.countSessionsForUser("ada")).toBe(0);
});

test("session.destroy() without a callback on a store that fails ends no process", async () => {
  const store = sessionStore({ url: "nonsense" });
  const lost: unknown[] = [];
  store.on("lost-error", ({ code }: { code: string }) => lost.push(code));
  store.destroy("sid");
  store.set("sid", { cookie: { originalMaxAge: null } });
  await until("both failures are told", () => lost.length === 2);
  expect(lost).toEqual(["STORE_URL_INVALID", "STORE_URL_INVALID"]);
});

test("bad data and a bad address are errors of the request, and the app goes on", async () => {
  const { browser } = await served({ url: `sqlite:${join(tempDir(), "s.db")}` });
  const visitor = browser();
  await visitor.json("/view");
  await visitor.get("/bad").catch(() => undefined); // its answer was cut off: the session was not saved
  await visitor.get("/bad?large").catch(() => undefined);
  expect(await visitor.json("/view")).toBe(2);
  const broken = await served({ url: "mysql://localhost" });
  const other = broken.browser();
  other.cookies.set("connect.sid", visitor.cookies.get("connect.sid") as string);
  expect(await other.get("/me")).toMatchObject({ status: 500, text: "STORE_URL_INVALID" });
});

function sidOf(cookie: string): string {
  return decodeURIComponent(cookie).slice(2).split(".")[0] as string;
}

test("a question as of a point that is misspelt is refused: its answer would be the present", async () => {
  const store = sessionStore({ url: "memory:" });
  const misspelt = { asof: "0" } as never;
  await expect(store.dumpAll(misspelt)).rejects.toThrow(/has no option "asof": asOf was meant/);
  await expect(store.countSessionsForUser("ada", misspelt)).rejects.toThrow(TypeError);
  await expect(store.listSessionsForUser("ada", misspelt)).rejects.toThrow(TypeError);
});
