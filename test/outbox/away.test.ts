import { describe, expect, test } from "vitest";
import {
  AppendOutcomeUnknownError,
  IntegrityError,
  StorageError,
  UnavailableError,
  UsageError,
} from "../../src/errors.js";
import { isAway } from "../../src/outbox/away.js";
import { OutboxLog } from "../../src/outbox/outbox-log.js";
import { outboxName } from "../../src/outbox/outbox-place.js";
import { asUser, openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { ACTOR, counted, OutboxWorld } from "./outbox-world.js";

const unavailable = (code: string) => new UnavailableError(code, "x");

describe("what counts as away", () => {
  test.each(["SERVER_UNREACHABLE", "CONNECT_REFUSED", "SERVER_FULL"])("%s, also behind an unknown outcome", (code) => {
    expect(isAway(unavailable(code), false)).toBe(true);
    expect(isAway(new AppendOutcomeUnknownError([], unavailable(code)), false)).toBe(true);
  });

  test("a host without an address, only where the server was reached before", () => {
    const error = new UsageError("HOST_NOT_FOUND", "x");
    expect([isAway(error, false), isAway(error, true)]).toEqual([false, true]);
  });

  test.each([
    new UsageError("AUTH_FAILED", "x"),
    new UsageError("PERMISSION_DENIED", "x"),
    new UsageError("DATABASE_NOT_FOUND", "x"),
    new UsageError("TLS_FAILED", "x"),
    new UsageError("SCHEMA_NEWER", "x"),
    new IntegrityError("CHAIN_BROKEN", "x"),
    new StorageError("DISK_FULL", "x"),
    unavailable("LOG_LOCKED"),
    unavailable("STATEMENT_TIMEOUT"),
    new AppendOutcomeUnknownError([], unavailable("STATEMENT_TIMEOUT")),
    new TypeError("x"),
    undefined,
  ])("never %s", (error) => {
    expect(isAway(error, true)).toBe(false);
  });

  test("a database that is not there, a user without rights and a newer schema are errors, and nothing is queued", async () => {
    const url = await freshPostgresUrl();
    const outboxRoot = tempDir();
    const first = await OutboxLog.open(url, { outboxRoot });
    await first.append(counted("session-a", 1), ACTOR);
    await first.close();
    const nowhere = new URL(url);
    nowhere.pathname = "/nosuch";
    await expect(OutboxLog.open(nowhere.href, { outboxRoot })).rejects.toMatchObject({ code: "DATABASE_NOT_FOUND" });
    const admin = await openAdmin(url);
    const [schema, user] = [schemaOf(url), `r_${schemaOf(url)}`];
    await admin.query(`CREATE ROLE ${user} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${user};
      GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${user}`);
    const reader = await OutboxLog.open(asUser(url, user), { outboxRoot, mustExist: true });
    await expect(reader.append(counted("session-a", 2), ACTOR)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect([(await reader.tail()).offset, reader.staleness]).toEqual([1, undefined]);
    await reader.close();
    await admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  });

  test("a silent network is noticed, and what was sent into it waits", { timeout: 60_000 }, async () => {
    const world = await OutboxWorld.start();
    const log = await world.open({ statementTimeoutMs: 300, connectTimeoutMs: 300 });
    await log.replay();
    world.stall();
    expect(await log.append(counted("session-a", 1, 0), ACTOR)).toMatchObject({ queued: true });
    expect(log.staleness).toMatchObject({ code: "SERVER_UNREACHABLE", queued: 1 });
    world.mend();
    const { appended, repeated } = await (await world.open({ replays: false })).replay();
    expect(appended + repeated).toBe(1);
  });
});

describe("the name of an outbox", () => {
  const name = (url: string, env = {}) => outboxName(url, env);

  test("is the same for all users and passwords, and all ways to write one place", () => {
    const one = name("postgres://ada:p%40ss@DB.example/app");
    expect(name("postgresql://bob@db.example:5432/app?sslmode=require&schema=sessiondb")).toBe(one);
    expect(name("postgres://db.example/?dbname=app")).toBe(one);
    expect(name("postgres:///app", { PGHOST: "db.example" })).toBe(one);
    expect(one).toMatch(/^db\.example-5432-app-sessiondb-[0-9a-f]{8}$/);
    expect(name("postgres://u:hunter2@h/d?password=hunter3")).not.toMatch(/hunter/);
  });

  test.each([
    "postgres://other.example/app",
    "postgres://db.example:5433/app",
    "postgres://db.example/app2",
    "postgres://db.example/app?schema=team",
    "postgres://db.example/app?port=6000",
    "postgres://db.example/../../../etc",
  ])("is another for %s, and a plain name of a folder", (url) => {
    expect(name(url)).not.toBe(name("postgres://db.example/app"));
    expect(name(url)).toMatch(/^[a-zA-Z0-9._-]+$/);
  });

  test("is another where the address leaves the database to the environment", () => {
    expect(name("postgres://h", { PGDATABASE: "a" })).not.toBe(name("postgres://h", { PGDATABASE: "b" }));
    expect(name("postgres://ada@h", { PGUSER: "x" })).not.toBe(name("postgres://bob@h", { PGUSER: "x" }));
  });
});
