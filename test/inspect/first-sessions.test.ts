import { join } from "node:path";
import { expect, test } from "vitest";
import { firstSessions } from "../../src/inspect/first-sessions.js";
import { orderSessions, SESSION_ORDERS, selectSessions } from "../../src/inspect/session-selection.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { querySessions } from "../../src/session/query-sessions.js";
import { SessionStore } from "../../src/session/session-store.js";
import { cleanUp } from "../support/clean-up.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

async function opened(url: string): Promise<EventLog> {
  const log = await openLog(url);
  cleanUp(() => log.close());
  return log;
}

/** Sessions of all kinds: updated in another order than created, deleted, with statuses that are no texts. */
async function fill(store: SessionStore): Promise<void> {
  const statuses = ["CREATED", "MERGED", undefined, null, 5, "'; DROP", "merged"];
  for (let i = 0; i < 14; i++) {
    const status = statuses[i % statuses.length] as string;
    await store.create({ session: `s${(i * 5) % 14}`, repoName: i % 3 === 0 ? "app" : "site", status });
  }
  for (const i of [3, 9, 1, 3, 12]) await store.update(`s${i}`, { commitCount: i, branch: `b${Math.random()}` });
  for (const i of [2, 9]) await store.delete(`s${i}`);
}

const questions = fc.record(
  {
    repoName: fc.constantFrom("app", "site", "App", ""),
    status: fc.constantFrom("CREATED", "MERGED", "5", "'; DROP"),
    since: fc.nat(22),
    until: fc.nat(22),
    order: fc.constantFrom(...SESSION_ORDERS),
    limit: fc.integer({ min: 1, max: 15 }),
  },
  { requiredKeys: ["order", "limit"] },
);

test.each([
  ["sqlite", async () => `sqlite:${join(tempDir(), "s.db")}`],
  ["postgres", freshPostgresUrl],
])("the first sessions of a table are those of the folded state: %s", async (_name, urlOf) => {
  const log = await opened(await urlOf());
  const store = new SessionStore(log);
  await fill(store);
  const { documents } = await store.list();
  await fc.assert(
    fc.asyncProperty(questions, async ({ repoName, status, since, until, order, limit }) => {
      const named = { ...(repoName === undefined ? {} : { repoName }), ...(status === undefined ? {} : { status }) };
      const range = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
      const found = await firstSessions(log, { ...named, ...range, order, limit });
      expect(found === undefined).toBe(order === "session");
      if (found === undefined) return;
      const all = orderSessions(selectSessions(querySessions([...documents], named), range), order);
      expect(found.documents.map(({ id }) => id)).toEqual(all.slice(0, limit).map(({ id }) => id));
      expect([found.total, found.offset]).toEqual([all.length, (await log.tail()).offset]);
    }),
    { numRuns: 60 },
  );
});

test("they hold what was appended a moment before, also by another process's log", async () => {
  const url = `sqlite:${join(tempDir(), "s.db")}`;
  const [one, other] = [await opened(url), await opened(url)];
  for (let i = 0; i < 3; i++) {
    await new SessionStore(one).create({ session: `s${i}` });
    expect((await firstSessions(other, { limit: 1 }))?.documents[0]?.id).toBe(`s${i}`);
  }
});

test("where there is no table, or the limit is none of a page, the state is to be folded", async () => {
  const file = await opened(`jsonl:${join(tempDir(), "s.jsonl")}`);
  expect(await firstSessions(file, { limit: 5 })).toBeUndefined();
  const log = await opened(`sqlite:${join(tempDir(), "s.db")}`);
  for (const limit of [0, 1001]) expect(await firstSessions(log, { limit })).toBeUndefined();
});
