import { createHmac, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encode as pack } from "@msgpack/msgpack";
import Database from "better-sqlite3";
import express, { type Request, type Response } from "express";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { sessionStore } from "../../src/express/session-store.js";
import { eventsOf } from "../../src/log/paging.js";
import { readTowerSessions } from "../../src/open-foreign.js";
import { destroySessionsOfUser, expireSessions } from "../../src/web-session/ending-sessions.js";
import { importWebSessions } from "../../src/web-session/import-web-sessions.js";
import type { WebSessionStore } from "../../src/web-session/web-session-store.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { BACKENDS } from "../read-model/backends.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { Browser } from "./browser.js";
import { expressApp, listening } from "./express-app.js";
import { pgSimpleStore } from "./pg-simple-store.js";
import { openedSessions, sessionOf, TestClock } from "./web-stores.js";

const SECRET = "keyboard cat";

/** The database of an old server with tower-sessions. */
class OldServer {
  readonly file = join(tempDir(), "app.db");
  readonly #db = new Database(this.file);

  constructor() {
    this.#db.exec("CREATE TABLE tower_sessions (id TEXT PRIMARY KEY, data BLOB, expiry_date INTEGER, user_id TEXT)");
    onTestFinished(() => void this.#db.close());
  }

  /** Saves a session. @returns its id, as it stands in the cookie */
  save(data: object, expiresAt: Date, user: string | null, sid = randomBytes(16).toString("base64url")): string {
    const day = Math.floor((expiresAt.getTime() - Date.UTC(expiresAt.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
    const time = [expiresAt.getUTCHours(), expiresAt.getUTCMinutes(), expiresAt.getUTCSeconds()];
    const expiry = [expiresAt.getUTCFullYear(), day, ...time, expiresAt.getUTCMilliseconds() * 1e6, 0, 0, 0];
    const bytes = pack([Buffer.from(sid, "base64url").reverse(), data, expiry]);
    const row = [sid, bytes, expiresAt.toISOString(), user];
    this.#db.prepare("INSERT OR REPLACE INTO tower_sessions VALUES (?, ?, ?, ?)").run(...row);
    return sid;
  }

  raw(sid: string, bytes: Buffer): void {
    this.#db.prepare("INSERT INTO tower_sessions VALUES (?, ?, '2999-01-01T00:00:00Z', NULL)").run(sid, bytes);
  }

  async importInto(store: WebSessionStore, source = "tower-sessions:app.db") {
    const { notes, ...report } = await importWebSessions(store, readTowerSessions(this.file, { keepSecrets: true }), {
      source,
      reason: "moving in",
    });
    return { ...report, whys: notes.map(({ place, why }) => `${place}: ${why}`) };
  }
}

function inHours(clock: TestClock, hours: number): Date {
  return new Date(clock.now().getTime() + hours * 3_600_000);
}

async function textOf({ log }: WebSessionStore): Promise<string> {
  const lines: string[] = [];
  for await (const event of eventsOf(log.readAll())) lines.push(JSON.stringify(event));
  return lines.join("\n");
}

describe.each(BACKENDS)("sessions of tower-sessions on %s", (_name, freshUrl) => {
  test("live here with their ids, data, ends and users; those that had expired do not", async () => {
    const clock = new TestClock();
    const old = new OldServer();
    const sid = old.save({ theme: "dark", "x:access_token": "very-secret" }, inHours(clock, 2), "ada");
    const guest = old.save({ cart: [1.5, null, { n: "ü\u0000" }] }, inHours(clock, 1), null);
    const gone = old.save({}, inHours(clock, -1), "eve");
    const store = await openedSessions(await freshUrl(), { now: clock.now });
    expect(await old.importInto(store)).toMatchObject({ read: 3, imported: 2, expired: 1, refused: 0, whys: [] });
    expect(await store.get(sid)).toMatchObject({
      theme: "dark",
      "x:access_token": "very-secret",
      cookie: { expires: inHours(clock, 2).toISOString(), originalMaxAge: 7_200_000 },
    });
    expect(await store.get(guest)).toMatchObject({ cart: [1.5, null, { n: "ü\u0000" }] });
    expect(await store.get(gone)).toBeNull();
    const text = await textOf(store);
    for (const secret of [sid, guest, gone, "very-secret", "dark"]) expect(text).not.toContain(secret);
    expect(text).toContain("moving in");
    clock.pass(3600);
    expect([await store.get(guest), (await store.get(sid))?.theme]).toEqual([null, "dark"]);
    expect(await destroySessionsOfUser(store, "ada")).toBe(1);
  });

  test("imported again, they change only where the source has changed, and what happened here stays", async () => {
    const clock = new TestClock();
    const old = new OldServer();
    const store = await openedSessions(await freshUrl(), { now: clock.now });
    const [same, changed, used, loggedOut, swept] = ["same", "changed", "used", "out", "swept"].map((name) =>
      old.save({ name }, inHours(clock, name === "swept" ? 0.5 : 2), name),
    ) as [string, string, string, string, string];
    expect(await old.importInto(store)).toMatchObject({ read: 5, imported: 5 });
    clock.pass(10);
    expect(await old.importInto(store)).toMatchObject({ read: 5, unchanged: 5, imported: 0, updated: 0 });
    await store.set(used, sessionOf({ name: "used here" }, 1_800_000, clock.now())); // and expired here
    await store.destroy(loggedOut);
    old.save({ name: "changed there" }, inHours(clock, 3), "bob", changed);
    old.save({ name: "used there" }, inHours(clock, 3), "used", used);
    clock.pass(3600);
    await expireSessions(store);
    expect(await old.importInto(store)).toMatchObject({ read: 5, unchanged: 1, updated: 1, kept: 2, expired: 1 });
    old.save({ name: "back again" }, inHours(clock, 3), "swept", swept);
    expect(await old.importInto(store)).toMatchObject({ updated: 1, unchanged: 2, kept: 2 });
    const names = await Promise.all(
      [same, changed, used, loggedOut, swept].map(async (sid) => (await store.get(sid))?.name),
    );
    expect(names).toEqual(["same", "changed there", undefined, undefined, "back again"]);
  });

  test("of an older copy, only what lives longer there is taken", async () => {
    const clock = new TestClock();
    const store = await openedSessions(await freshUrl(), { now: clock.now });
    const [now, before] = [new OldServer(), new OldServer()];
    const sid = now.save({ n: 2 }, inHours(clock, 2), "ada");
    before.save({ n: 1 }, inHours(clock, 1), "ada", sid);
    await now.importInto(store, "tower-sessions:now.db");
    expect(await before.importInto(store, "tower-sessions:before.db")).toMatchObject({ kept: 1 });
    expect(await store.get(sid)).toMatchObject({ n: 2 });
  });
});

test("rows that cannot be kept are refused one by one, and the others are imported", async () => {
  const clock = new TestClock();
  const old = new OldServer();
  old.save({ cookie: "a text" }, inHours(clock, 1), null);
  old.raw("broken", Buffer.of(0xc1));
  old.save({ text: "x".repeat(9_000_000) }, inHours(clock, 1), null);
  old.save({ user_id: { id: 1 } }, inHours(clock, 1), null);
  old.save({}, inHours(clock, 1), "u".repeat(2000));
  const kept = old.save({ n: 2 ** 40, __proto__x: 1 }, inHours(clock, 1), "ada");
  const store = await openedSessions(`sqlite:${join(tempDir(), "s.db")}`, { now: clock.now });
  const report = await old.importInto(store);
  expect(report).toMatchObject({ read: 6, imported: 1, refused: 5 });
  expect(report.whys).toHaveLength(5);
  expect(await store.get(kept)).toMatchObject({ n: 2 ** 40, __proto__x: 1 });
});

test("a session that is used while it is imported is not overwritten", async () => {
  const old = new OldServer();
  const clock = new TestClock();
  const url = `sqlite:${join(tempDir(), "s.db")}`;
  const [importer, app] = [
    await openedSessions(url, { now: clock.now }),
    await openedSessions(url, { now: clock.now }),
  ];
  const sids = Array.from({ length: 50 }, (_, n) => old.save({ n }, inHours(clock, 1), "ada"));
  await old.importInto(importer);
  sids.forEach((sid, n) => void old.save({ n: -n }, inHours(clock, 2), "ada", sid));
  const [report] = await Promise.all([
    old.importInto(importer),
    ...sids.map((sid, i) =>
      i % 2 === 0 ? app.set(sid, sessionOf({ app: true }, 3_600_000, clock.now())) : app.destroy(sid),
    ),
  ]);
  expect(report.updated + report.kept).toBe(50);
  for (const [i, sid] of sids.entries()) {
    if (i % 2 === 0) expect(await app.get(sid)).toMatchObject({ app: true });
    else expect(await app.get(sid)).toBeNull();
  }
});

test("cookies of tower-sessions go on in an Express app, and log out there", async () => {
  const old = new OldServer();
  const sid = old.save({ user_id: "ada", views: 7 }, new Date(Date.now() + 3_600_000), "ada");
  const url = `sqlite:${join(tempDir(), "s.db")}`;
  await old.importInto(await openedSessions(url));
  const store = sessionStore({ url });
  onTestFinished(() => store.close());
  const app = express();
  app.use((request: Request, _response: Response, next) => {
    const header = request.headers.cookie ?? "";
    const [, id] = /(?:^|; )id=([\w-]{22})(?:;|$)/.exec(header) ?? [];
    if (id !== undefined && !header.includes("connect.sid=")) {
      const signature = createHmac("sha256", SECRET).update(id).digest("base64").replace(/=+$/, "");
      request.headers.cookie = `${header}; connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
    }
    next();
  });
  app.use(expressApp(store, { rolling: true }));
  const { url: base, close } = await listening(app);
  onTestFinished(close);
  const browser = new Browser(base);
  browser.cookies.set("id", sid);
  expect(await browser.json("/me")).toEqual({ user: "ada", views: 7 });
  expect(await browser.json("/view")).toBe(8);
  const other = new Browser(base);
  other.cookies.set("id", sid);
  expect(await other.json("/me")).toEqual({ user: "ada", views: 8 });
  await other.get("/logout");
  expect(await browser.json("/me")).toEqual({ user: null, views: 0 });
  const guessed = new Browser(base);
  guessed.cookies.set("id", randomBytes(16).toString("base64url"));
  expect(await guessed.json("/me")).toEqual({ user: null, views: 0 });
});

test("visitors of an app on connect-pg-simple stay signed in; the time zone of the database is minded", async () => {
  const url = await freshPostgresUrl();
  const schema = schemaOf(url);
  const admin = await openAdmin(url);
  await admin.query(`CREATE SCHEMA ${schema}`);
  const zoned = new URL(url);
  zoned.searchParams.delete("schema");
  const pool = new pg.Pool({ connectionString: zoned.href, options: "-c timezone=Asia/Kolkata" });
  onTestFinished(() => pool.end());
  const theirs = pgSimpleStore({ pool, schemaName: schema });
  const before = await listening(expressApp(theirs as never, { cookie: { maxAge: 3_600_000 } }));
  onTestFinished(before.close);
  const [ada, bob] = [new Browser(before.url), new Browser(before.url)];
  await ada.get("/login?user=ada");
  await ada.get("/view");
  await bob.get("/login?user=bob");
  await bob.get("/logout");

  // As the other program had it, where it is said for the role: here, in the address.
  const source = new URL(url);
  source.searchParams.set("options", "-c timezone=Asia/Kolkata");
  const store = `sqlite:${join(tempDir(), "s.db")}`;
  const report = join(tempDir(), "report.json");
  const args = ["import", "connect-pg-simple", "env:OLD_URL", "--store", store, "--report", report, "--json"];
  const { code, stdout, stderr } = await runCli(args, { env: { OLD_URL: source.href } });
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ schema: "web-import/1", read: 1, imported: 1, offset: 1 });
  expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ imported: 1 });
  const ours = sessionStore({ url: store });
  onTestFinished(() => ours.close());
  const [info] = await ours.dumpAll();
  const leftMs = Date.parse(info?.expiresAt ?? "") - Date.now();
  expect(leftMs).toBeGreaterThan(3_000_000);
  expect(leftMs).toBeLessThanOrEqual(3_601_000); // their store rounds up to a second
  const after = await listening(expressApp(ours, { cookie: { maxAge: 3_600_000 } }));
  onTestFinished(after.close);
  const again = new Browser(after.url);
  for (const [name, value] of ada.cookies) again.cookies.set(name, value);
  expect(await again.json("/me")).toEqual({ user: "ada", views: 1 });
  expect(await again.json("/view")).toBe(2);
  expect(await ours.countSessionsForUser("ada")).toBe(1);
});

test("of rows with one id, which a table without a primary key can hold, one is taken, and nothing changes again", async () => {
  const url = await freshPostgresUrl();
  const schema = schemaOf(url);
  const admin = await openAdmin(url);
  await admin.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.session (sid text, sess json, expire timestamptz);
    INSERT INTO ${schema}.session VALUES ('a', '{"n":1}', '2999-01-01'), ('a', '{"n":2}', '2999-01-01')`);
  const run = () =>
    runCli(["import", "connect-pg-simple", "env:OLD_URL", "--store", store, "--json"], { env: { OLD_URL: url } });
  const store = `sqlite:${join(tempDir(), "s.db")}`;
  const counts = { read: 2, duplicates: 1, kept: 0, offset: 1 };
  expect(JSON.parse((await run()).stdout)).toMatchObject({ ...counts, imported: 1, notes: [{ kind: "duplicate" }] });
  expect(JSON.parse((await run()).stdout)).toMatchObject({ ...counts, imported: 0, unchanged: 1 });
});

describe("the command", () => {
  test("says what became of the rows, and tells no id", async () => {
    const old = new OldServer();
    const sid = old.save({ user_id: "ada", access_token: "very-secret" }, new Date(Date.now() + 60_000), null);
    old.raw("another-secret-id", Buffer.of(0xc1));
    const store = `sqlite:${join(tempDir(), "s.db")}`;
    const run = (...args: string[]) =>
      runCli(["import", "tower-sessions", `sqlite:${old.file}`, "--store", store, ...args]);
    const first = await run("--reason", "moving in");
    expect(first.code).toBe(1);
    expect(first.stdout).toContain("2 read, 1 imported");
    expect(first.stderr).toContain("no MessagePack");
    expect(first.stdout + first.stderr).not.toMatch(/very-secret|another-secret/);
    expect(first.stdout + first.stderr).not.toContain(sid);
    expect((await run()).stdout).toContain("0 imported, 0 updated, 1 unchanged");
    expect((await runCli(["web", "who", "--store", store])).stdout).toContain("ada");
  });

  test("another place of the user's id, and another table", async () => {
    const old = new OldServer();
    old.save({ auth: { sub: "ada" } }, new Date(Date.now() + 60_000), null);
    const rename = new Database(old.file);
    rename.exec("ALTER TABLE tower_sessions RENAME TO logins");
    rename.close();
    const store = `sqlite:${join(tempDir(), "s.db")}`;
    const run = (...args: string[]) => runCli(["import", "tower-sessions", old.file, "--store", store, ...args]);
    const unknown = await run();
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("IMPORT_LAYOUT_UNKNOWN")]);
    expect((await run("--table", "logins", "--user-path", "auth.sub")).code).toBe(0);
    expect((await runCli(["web", "who", "--store", store])).stdout).toContain("ada");
  });

  test("a source that cannot be read makes no store", async () => {
    const folder = tempDir();
    const store = `sqlite:${join(folder, "s.db")}`;
    for (const source of [join(folder, "none.db"), "env:NO_SUCH_VARIABLE"]) {
      expect((await runCli(["import", "tower-sessions", source, "--store", store])).code).not.toBe(0);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
