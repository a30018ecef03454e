import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { asUser, openAdmin, openPostgres, openProxy, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const EVENT = { stream: "session-a", events: [{ type: "test.happened", data: {} }] };

describe("opening a Postgres log", () => {
  test("many at once make one log", async () => {
    const url = await freshPostgresUrl();
    const logs = await Promise.all(Array.from({ length: 6 }, () => openPostgres(url)));
    await Promise.all(logs.map((log) => log.append(EVENT, ACTOR)));
    expect((await logs[0]?.tail())?.offset).toBe(6);
  });

  test("whoever drops another schema meanwhile is not in the way", async () => {
    const urls = await Promise.all(Array.from({ length: 12 }, freshPostgresUrl));
    const admin = await openAdmin(urls[0] as string);
    const other = `${schemaOf(urls[0] as string)}_other`;
    let opened = false;
    const comeAndGo = async () => {
      while (!opened) {
        await admin.query(`CREATE SCHEMA ${other}; CREATE TABLE ${other}.t (a int)`);
        await admin.query(`DROP SCHEMA ${other} CASCADE`);
      }
    };
    const coming = comeAndGo();
    try {
      for (const url of urls) await openPostgres(url);
    } finally {
      opened = true;
      await coming;
    }
  });

  test("two schemas of one database are two logs", async () => {
    const [a, b] = [await openPostgres(await freshPostgresUrl()), await openPostgres(await freshPostgresUrl())];
    await a.append(EVENT, ACTOR);
    expect(await b.tail()).toMatchObject({ offset: 0 });
    await b.append(EVENT, ACTOR);
    expect((await a.tail()).offset).toBe(1);
    expect((await a.tail()).hash).not.toBe((await b.tail()).hash);
  });

  test("mustExist does not create what is not there", async () => {
    const url = await freshPostgresUrl();
    await expect(PostgresLog.open(url, { mustExist: true })).rejects.toMatchObject({
      name: "NotFoundError",
      code: "LOG_NOT_FOUND",
    });
    await openPostgres(url);
    await openPostgres(url, { mustExist: true });
  });

  test("a schema with other tables is left alone", async () => {
    const url = await freshPostgresUrl();
    const admin = await openAdmin(url);
    await admin.query(`CREATE SCHEMA ${schemaOf(url)}; CREATE TABLE ${schemaOf(url)}.users (id int)`);
    await expect(PostgresLog.open(url)).rejects.toMatchObject({ code: "NOT_A_SESSION_LOG" });
    const { rows } = await admin.query("SELECT tablename FROM pg_tables WHERE schemaname = $1", [schemaOf(url)]);
    expect(rows).toEqual([{ tablename: "users" }]);
  });

  test("a user without the right to create can use a log that is there", async () => {
    const url = await freshPostgresUrl();
    const [schema, user] = [schemaOf(url), `u_${schemaOf(url)}`];
    const admin = await openAdmin(url);
    await admin.query(`CREATE ROLE ${user} LOGIN`);
    await expect(PostgresLog.open(asUser(url, user))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await openPostgres(url);
    await admin.query(`GRANT USAGE ON SCHEMA ${schema} TO ${user};
      GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ${schema} TO ${user}`);
    const log = await openPostgres(asUser(url, user));
    expect((await log.append(EVENT, ACTOR)).lastOffset).toBe(1);
    await log.close();
    await admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  });

  test("a user who may only read gets a clear error for an append", async () => {
    const url = await freshPostgresUrl();
    const user = `r_${schemaOf(url)}`;
    await openPostgres(url);
    const admin = await openAdmin(url);
    await admin.query(`CREATE ROLE ${user} LOGIN SUPERUSER; ALTER ROLE ${user} SET default_transaction_read_only = on`);
    const log = await openPostgres(asUser(url, user));
    await expect(log.append(EVENT, ACTOR)).rejects.toMatchObject({ name: "StorageError", code: "STORAGE_READ_ONLY" });
    expect((await log.tail()).offset).toBe(0);
    await log.close();
    await admin.query(`DROP ROLE ${user}`);
  });
});

describe("errors of opening name what is wrong, and never the password", () => {
  const PASSWORD = "hunter2";

  test.each([
    ["AUTH_FAILED", (url: URL) => url],
    ["DATABASE_NOT_FOUND", (url: URL) => Object.assign(url, { pathname: "/nowhere", username: "postgres" })],
    ["STORE_URL_INVALID", (url: URL) => url.href.replace(/schema=\w+/, "schema=x;DROP")],
    ["STORE_URL_INVALID", (url: URL) => url.href.replace("@", "/@")],
    ["STORE_URL_INVALID", (url: URL) => url.href.replace("schema=", "shcema=")],
    ["TLS_FAILED", (url: URL) => `${url.href}&sslmode=verify-full`],
  ])("%s", async (code, change) => {
    const url = new URL(asUser(await freshPostgresUrl(), "nobody_by_that_name", PASSWORD));
    const error = await PostgresLog.open(String(change(url))).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, hint: expect.any(String) });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(PASSWORD);
  });

  test("CONNECT_REFUSED", async () => {
    const proxy = await openProxy(await freshPostgresUrl());
    const url = asUser(proxy.url, "ada", PASSWORD);
    await proxy.close();
    const error = await PostgresLog.open(url, { retryLimitMs: 50 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "UnavailableError", code: "CONNECT_REFUSED" });
    expect(inspect(error, { depth: 9 })).not.toContain(PASSWORD);
  });

  test("nor does an open log", async () => {
    const log = await openPostgres(asUser(await freshPostgresUrl(), "postgres", PASSWORD));
    expect(log.url).toContain(":***@");
    expect(inspect(log, { depth: 9, showHidden: true })).not.toContain(PASSWORD);
  });
});
