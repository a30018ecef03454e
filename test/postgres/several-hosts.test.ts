import { describe, expect, test } from "vitest";
import { eventsOf } from "../../src/log/paging.js";
import { parsePostgresUrl } from "../../src/log/sql/postgres/postgres-url.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { openAdmin, openPostgres, openProxy } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
/** Nothing listens there. */
const DEAD = "127.0.0.1:1";

function hostOf(url: string): string {
  return new URL(url).host;
}

/** The same address at other hosts. */
function atHosts(url: string, hosts: readonly string[]): string {
  return url.replace(`@${hostOf(url)}/`, `@${hosts.join(",")}/`);
}

async function count(log: { readAll(): AsyncGenerator<readonly { data: unknown }[]> }): Promise<unknown[]> {
  const stored: unknown[] = [];
  for await (const { data } of eventsOf(log.readAll() as never)) stored.push(data);
  return stored;
}

describe("an address with several hosts", () => {
  test("the first host that is there is used, for appends, reads and the doorbell", async () => {
    const url = await freshPostgresUrl();
    const log = await openPostgres(atHosts(url, [DEAD, hostOf(url)]), { pollMs: 60_000 });
    let rings = 0;
    const stop = log.onAppended(() => rings++);
    await log.append({ stream: "session-a", events: [{ type: "t", data: 1 }] }, ACTOR);
    expect(await count(log)).toEqual([1]);
    expect(rings).toBeGreaterThan(0);
    stop();
  });

  test("a host that goes away during appends: they go on at the next one, once each", { timeout: 60_000 }, async () => {
    const url = await freshPostgresUrl();
    const [first, second] = [await openProxy(url), await openProxy(url)];
    const log = await openPostgres(atHosts(url, [hostOf(first.url), hostOf(second.url)]), { retryLimitMs: 60_000 });
    const marks = Array.from({ length: 60 }, (_, i) => `mark-${i}`);
    for (const [i, mark] of marks.entries()) {
      if (i === 20) await first.close();
      await log.append({ stream: `session-${i % 3}`, events: [{ type: "t", data: mark }] }, ACTOR);
    }
    expect(await count(log)).toEqual(marks);
  });

  test("no host is there: the error names each of them and no password", async () => {
    const url = `postgres://ada:s3cret@${DEAD},127.0.0.1:2/db`;
    const error = await openPostgres(url, { retryLimitMs: 0 }).catch((failure) => failure);
    expect(error).toMatchObject({ code: "NO_SERVER" });
    expect(error.message).toMatch(/127\.0\.0\.1:1: .*ECONNREFUSED.*127\.0\.0\.1:2: .*ECONNREFUSED/);
    expect(error.message).not.toContain("s3cret");
  });

  test("a host that refuses the database ends the search", async () => {
    const url = await freshPostgresUrl();
    const wrong = atHosts(url, [hostOf(url), DEAD]).replace("/postgres?", "/no_such_db?");
    await expect(openPostgres(wrong, { retryLimitMs: 0 })).rejects.toMatchObject({ code: "DATABASE_NOT_FOUND" });
  });

  test("a server that only reads is none for read-write, and one for read-only", async () => {
    const url = await freshPostgresUrl();
    await openPostgres(url);
    const admin = await openAdmin(url);
    const role = `reads_${Date.now()}`;
    await admin.query(`CREATE ROLE ${role} LOGIN; ALTER ROLE ${role} SET default_transaction_read_only = on;
      GRANT USAGE ON SCHEMA "${new URL(url).searchParams.get("schema")}" TO ${role};
      GRANT SELECT ON ALL TABLES IN SCHEMA "${new URL(url).searchParams.get("schema")}" TO ${role}`);
    const asReader = url.replace("//postgres@", `//${role}@`);
    const options = { readOnly: true, mustExist: true, retryLimitMs: 0 };
    const refused = openPostgres(`${asReader}&target_session_attrs=read-write`, options);
    await expect(refused).rejects.toMatchObject({ code: "NO_SERVER", message: expect.stringContaining("only reads") });
    const log = await openPostgres(`${asReader}&target_session_attrs=read-only`, options);
    expect(await count(log)).toEqual([]);
    await log.close();
    await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  test.each([
    ["an empty host", "postgres://h1,,h2/db"],
    ["a port that is none", "postgres://h1:x,h2/db"],
    ["a port beyond all", "postgres://h1:70000,h2/db"],
    ["a list as a parameter", "postgres:///db?host=h1,h2"],
    ["a comma in a password with a slash", "postgres://u:a,b/c@h/db"],
    ["more hosts than anybody means", `postgres://${Array.from({ length: 17 }, (_, i) => `h${i}`).join(",")}/db`],
    ["an unknown role", "postgres://h1,h2/db?target_session_attrs=master"],
  ])("%s is refused before anything is connected to", (_, url) => {
    expect(() => parsePostgresUrl(url)).toThrow(expect.objectContaining({ code: "STORE_URL_INVALID" }));
  });

  test("each server has the user, the path and the parameters of the whole", () => {
    const { servers, role } = parsePostgresUrl("postgresql://u:a%2Cb@h1,[::1]:5433/db?schema=team&sslmode=require");
    expect(servers).toEqual([
      { name: "h1:5432", connectionString: "postgresql://u:a%2Cb@h1:5432/db?sslmode=verify-full" },
      { name: "[::1]:5433", connectionString: "postgresql://u:a%2Cb@[::1]:5433/db?sslmode=verify-full" },
    ]);
    expect(role).toBe("read-write");
  });

  test("any list of hosts and ports is read as it was written", () => {
    const host = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);
    const place = fc.record({ host, port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(place, { minLength: 2, maxLength: 16 }), (places) => {
        const list = places.map(({ host: name, port }) => (port === undefined ? name : `${name}:${port}`)).join(",");
        const { servers } = parsePostgresUrl(`postgres://u@${list}/db`);
        expect(servers.map(({ name }) => name)).toEqual(places.map(({ host: name, port = 5432 }) => `${name}:${port}`));
      }),
    );
  });
});
