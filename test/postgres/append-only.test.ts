import { describe, expect, test } from "vitest";
import { prepareAppend, systemEntropy } from "../../src/log/prepare.js";
import { groupParts } from "../../src/log/sql/postgres/append/group-parts.js";
import { Connections } from "../../src/log/sql/postgres/connection/connections.js";
import { retryTransient } from "../../src/log/sql/postgres/connection/retry.js";
import { statement } from "../../src/log/sql/postgres/connection/statement.js";
import { limitsOf } from "../../src/log/sql/postgres/postgres-options.js";
import { parsePostgresUrl } from "../../src/log/sql/postgres/postgres-url.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const events = [1, 2, 3].map((data) => ({ type: "t", data }));

describe("the table of events", () => {
  test.each([
    ["UPDATE", (table: string) => `UPDATE ${table} SET data = '0' WHERE "offset" = 1`],
    ["DELETE", (table: string) => `DELETE FROM ${table} WHERE "offset" = 3`],
    ["TRUNCATE", (table: string) => `TRUNCATE ${table}`],
  ])("refuses %s", async (_name, act) => {
    const url = await freshPostgresUrl();
    const [log, admin] = [await openPostgres(url), await openAdmin(url)];
    await log.append({ stream: "session-a", events }, ACTOR);
    await log.truncateAfter(2, await log.tail());
    await log.append({ stream: "session-a", events }, ACTOR);
    await expect(admin.query(act(`${schemaOf(url)}.events`))).rejects.toThrow("events are append-only");
    expect((await log.tail()).offset).toBe(5);
  });

  test("from which somebody has taken events all the same is not read as a shorter one", async () => {
    const url = await freshPostgresUrl();
    const [log, admin] = [await openPostgres(url), await openAdmin(url)];
    await log.append({ stream: "session-a", events }, ACTOR);
    await admin.query(`SET sessiondb.allow_change = 'on'; DELETE FROM ${schemaOf(url)}.events WHERE "offset" = 2`);
    await expect(log.readAll().next()).rejects.toMatchObject({ name: "IntegrityError", code: "EVENTS_MISSING" });
    await expect(log.readAll({ from: 2 }).next()).rejects.toMatchObject({ code: "EVENTS_MISSING" });
    await expect(log.readStream("session-a").next()).rejects.toMatchObject({ code: "EVENTS_MISSING" });
    await expect(log.offsetAt(new Date())).rejects.toMatchObject({ code: "EVENTS_MISSING" });
  });

  test("with a hole where it would end is not cut back to it", async () => {
    const url = await freshPostgresUrl();
    const [log, admin] = [await openPostgres(url), await openAdmin(url)];
    await log.append({ stream: "session-a", events }, ACTOR);
    await admin.query(`SET sessiondb.allow_change = 'on'; DELETE FROM ${schemaOf(url)}.events WHERE "offset" = 2`);
    const cut = log.truncateAfter(2, await log.tail());
    await expect(cut).rejects.toMatchObject({ name: "IntegrityError", code: "EVENTS_MISSING", offset: 2 });
    expect((await log.tail()).offset).toBe(3);
  });
});

describe("a read that is under way while the log is cut back and grows again", () => {
  test("ends with an error and not with another history", async () => {
    const url = await freshPostgresUrl();
    const [log, other] = [await openPostgres(url), await openPostgres(url)];
    const many = Array.from({ length: 3500 }, (_, data) => ({ type: "t", data }));
    await log.append({ stream: "session-a", events: many }, ACTOR);
    const pages = log.readAll();
    await pages.next();
    await other.truncateAfter(500, await other.tail());
    await other.append({ stream: "session-a", events: many }, ACTOR);
    const rest = async () => {
      while (!(await pages.next()).done);
    };
    await expect(rest()).rejects.toMatchObject({ code: "EVENTS_MISSING" });
  });
});

describe("the way to the server", () => {
  test("a pooler that keeps no prepared statements is served without them", async () => {
    const url = await freshPostgresUrl();
    const limits = limitsOf({});
    const connections = new Connections(parsePostgresUrl(url), limits, 1);
    const one = statement("SELECT 1 + $1::int");
    const ask = () => connections.reading((session) => session.rows(one, [1]));
    expect(await ask()).toEqual([[2]]);
    await connections.reading((session) => session.script("DEALLOCATE ALL"));
    expect(await retryTransient(1_000, ask)).toEqual([[2]]);
    await connections.close();
  });

  test("an insert whose prepared statement is gone is prepared again", async () => {
    const url = await freshPostgresUrl();
    await openPostgres(url);
    const connections = new Connections(parsePostgresUrl(url), limitsOf({}), 1);
    const one = statement(`INSERT INTO ${schemaOf(url)}.sidecar (name, body) SELECT $1, $2 WHERE $1 <> 'none'`);
    const insert = (name: string) => connections.writing((session) => session.insert(one, [name, "é\u2028"]));
    expect([await insert("a"), await insert("b"), await insert("none")]).toEqual([1, 1, 0]);
    await expect(insert("a")).rejects.toMatchObject({ code: "23505" });
    expect([await insert("c"), await insert("d")]).toEqual([1, 1]);
    await connections.writing((session) => session.script("DEALLOCATE ALL"));
    expect(await retryTransient(1_000, () => insert("e"))).toBe(1);
    const bodies = statement(`SELECT body, count(*) FROM ${schemaOf(url)}.sidecar GROUP BY body`);
    expect(await connections.reading((session) => session.rows(bodies))).toEqual([["é\u2028", "5"]]);
    await connections.close();
  });

  test("groups that fit into no message are cut between appends", () => {
    const big = "x".repeat(15 * 1024 * 1024);
    const prepare = (count: number) =>
      prepareAppend(
        [{ stream: "session-a", events: Array(count).fill({ type: "t", data: big }) }],
        ACTOR,
        systemEntropy(),
      );
    const group = [prepare(3), prepare(2), prepare(1), prepare(1)];
    const parts = groupParts(group);
    expect(parts.flat()).toEqual(group);
    expect(parts.map((part) => part.length)).toEqual([1, 3]);
  });
});
