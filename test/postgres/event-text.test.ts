import { describe, expect, test } from "vitest";
import { allEvents, linesOf } from "../../src/conformance/target.js";
import { isWellFormed } from "../../src/log/canonical.js";
import type { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const STREAM = "session-a";

/** Streams are read by their columns, the whole log by one text a row. */
async function byColumns(log: EventLog): Promise<SealedEvent[]> {
  const events: SealedEvent[] = [];
  for await (const page of log.readStream(STREAM)) events.push(...page);
  return events;
}

/** Changes what stands in the table, as no program of ours does. */
async function tamper(url: string, change: string): Promise<void> {
  const admin = await openAdmin(url);
  await admin.query("SET sessiondb.allow_change = 'on'");
  await admin.query(`UPDATE ${schemaOf(url)}.events SET ${change}`);
}

describe("a page of the whole log gives the events that the table holds", () => {
  test("whatever their data is", { timeout: 60_000 }, async () => {
    const log = await openPostgres(await freshPostgresUrl());
    const values = fc.array(fc.jsonValue(), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(values, async (list) => {
        const usable = list.filter((one) => isWellFormed(JSON.stringify(one)));
        fc.pre(usable.length > 0);
        await log.append({ stream: STREAM, events: usable.map((data) => ({ type: "t", data })) }, ACTOR);
        expect((await allEvents(log)).map((one) => ({ ...one }))).toEqual(
          (await byColumns(log)).map((one) => ({ ...one })),
        );
      }),
      { numRuns: 20 },
    );
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  });

  test("also redacted ones, between others", async () => {
    const log = await openPostgres(await freshPostgresUrl());
    await log.append({ stream: STREAM, events: [1, 2, 3, 4].map((data) => ({ type: "t", data })) }, ACTOR);
    await log.redact({ offsets: [2, 3] }, ACTOR);
    const events = await allEvents(log);
    expect(events.map(({ data }) => data).slice(0, 4)).toEqual([1, undefined, undefined, 4]);
    expect(events.slice(0, 4).map((one) => ({ ...one }))).toEqual((await byColumns(log)).map((one) => ({ ...one })));
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 5 });
  });

  test("also where separators stand in what another program has written", async () => {
    const url = await freshPostgresUrl();
    const log = await openPostgres(url);
    await log.append({ stream: STREAM, events: [1, 2, 3].map((data) => ({ type: "t", data })) }, ACTOR);
    await tamper(url, `actor = E'user:\\x1fmallory\\x1f', type = '[' WHERE "offset" = 2`);
    const events = await allEvents(log);
    expect(events.map(({ actor }) => actor)).toEqual(["user:test", "user:\u001fmallory\u001f", "user:test"]);
    expect(events.map(({ type }) => type)).toEqual(["t", "[", "t"]);
    expect(await verifyLog(log)).toMatchObject({ ok: false, verified: 1 });
  });
});

test.each([
  ["neither data nor its hash", "data = NULL", "EVENT_DAMAGED"],
  ["no salt", "salt = NULL", "EVENT_DAMAGED"],
  ["a number beyond 2^53", `"version" = 9007199254740993`, "EVENT_DAMAGED"],
])("an event that has %s is an error, and not another event", async (_what, change, code) => {
  const url = await freshPostgresUrl();
  const log = await openPostgres(url);
  await log.append({ stream: STREAM, events: [1, 2, 3].map((data) => ({ type: "t", data })) }, ACTOR);
  await tamper(url, `${change} WHERE "offset" = 2`);
  await expect(linesOf(log)).rejects.toMatchObject({ code });
});

test("data that stands beside the hash of redacted data is found out", async () => {
  const url = await freshPostgresUrl();
  const log = await openPostgres(url);
  await log.append({ stream: STREAM, events: [1, 2, 3].map((data) => ({ type: "t", data })) }, ACTOR);
  await tamper(url, `data = '7', data_hash = repeat('0', 64) WHERE "offset" = 2`);
  expect(await verifyLog(log)).toMatchObject({ ok: false, verified: 1, fault: { code: "CHAIN_BROKEN" } });
});
