import { describe, expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { erase } from "../../src/erasure/erase.js";
import { checkProjections } from "../../src/inspect/projections.js";
import { searchSessions } from "../../src/inspect/search-sessions.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { notes, put } from "../read-model/notes.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { asUser, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

/** What somebody may have set for a role or a database, for another program's sake, and for how a server takes what it is sent. */
const SETTINGS = [
  ["array_nulls = off"],
  ["standard_conforming_strings = off"],
  ["extra_float_digits = -15"],
  ["default_transaction_isolation = serializable"],
  [
    "DateStyle = SQL, DMY",
    "IntervalStyle = sql_standard",
    "TimeZone = 'America/St_Johns'",
    "bytea_output = escape",
    "default_text_search_config = german",
    "transform_null_equals = on",
    "search_path = pg_temp",
  ],
];

/** A new log's address, for a user with these settings. */
async function urlWith(settings: readonly string[]): Promise<string> {
  const url = await freshPostgresUrl();
  const [admin, user] = [await openAdmin(url), `o_${schemaOf(url)}`];
  await admin.query(`CREATE ROLE ${user} LOGIN SUPERUSER`);
  cleanUp(async () => {
    await admin.query(`REASSIGN OWNED BY ${user} TO CURRENT_USER; DROP ROLE ${user}`);
  });
  for (const setting of settings) await admin.query(`ALTER ROLE ${user} SET ${setting}`);
  return asUser(url, user);
}

const SEARCHES = ["login", "null", "back*", "-login"];

/** All that read models answer. */
async function answersOf(log: EventLog): Promise<unknown> {
  const model = new ReadModel(log, notes());
  const collab = new CollaborativeSessions(log);
  const [task] = (await collab.tasks.list()).documents;
  return {
    sessions: await Promise.all(SEARCHES.map(async (words) => (await searchSessions(log, words)).documents)),
    without: (await model.query({ where: { title: null }, orderBy: [{ field: "rank" }] })).documents,
    not: (await model.query({ where: { done: { ne: true }, rank: { gte: 0.3 } } })).documents,
    texts: (await model.query({ search: "page" })).documents,
    found: (await collab.search("login")).hits.map(({ id, score }) => [id, score]),
    task: [task?.status, task?.claimedBy, task?.priority],
    wrong: (await checkProjections(log, [])).filter(({ differences }) => differences.length > 0),
    notes: (await model.check()).differences,
  };
}

/** Sessions, documents with every kind of value and without, conversations, a task that is claimed, and something erased. */
async function tell(log: EventLog): Promise<void> {
  const store = new SessionStore(log, { actor: "user:ada" });
  await store.create({ session: "a", branch: "main", title: "the login page \\ of 'NULL'", commitCount: 0.1 + 0.2 });
  await store.create({ session: "b", title: "back\\slash", prApproved: true });
  await store.update("b", { title: null, taskId: "NULL" });
  await put(log, "x", { title: "NULL", rank: 0.1 + 0.2, done: false, text: "the login page again and again" });
  await put(log, "y", { title: null, rank: null, done: null, text: `${"long ".repeat(300)}page` });
  await put(log, "z", { title: "", rank: 5e-324, done: true });
  const collab = new CollaborativeSessions(log, { actor: "user:ada" });
  await collab.sessions.create("c", { title: "back\\slash \u0000" });
  await collab.chunks.add("c", "k", { content: "of the login, and of NULL" });
  await collab.tasks.create("c", { taskId: "t", agentName: "NULL", taskType: "review", priority: 3 });
  expect((await collab.tasks.claim("NULL", "me"))?.taskId).toBe("t");
  expect(await answersOf(log)).toMatchObject({ wrong: [], notes: [] });
  await erase(log, { session: "b" }, { actor: "user:ada" });
}

describe.each(SETTINGS.map((settings) => ({ settings })))("with $settings", ({ settings }) => {
  test.each([false, true])("everything is as elsewhere (among other writers: %s)", async (contended) => {
    const expected = new MemoryLog();
    const log = await openPostgres(await urlWith(settings), { contended });
    await tell(expected);
    await tell(log);
    const [has, had] = [await answersOf(log), await answersOf(expected)] as [object, object];
    expect(timeless(has)).toEqual(timeless(had));
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: (await expected.tail()).offset });
    await log.close();
  });
});

test("what SQL tools see is there whatever a backslash in a text means to the server", async () => {
  const url = await urlWith(["standard_conforming_strings = off"]);
  const [log, schema] = [await openPostgres(url), schemaOf(url)];
  const { sessions, tasks } = new CollaborativeSessions(log, { actor: "user:ada" });
  await sessions.create("c", { title: "a\u0000b\\" });
  await tasks.create("c", { taskId: "t", agentName: "a", taskType: "review" });
  await Promise.all([sessions.list(), tasks.list()]);
  const tool = await openAdmin(url);
  const titles = await tool.query(`SELECT title FROM ${schema}.collab_sessions`);
  expect(titles.rows).toEqual([{ title: "a\ufffdb\\" }]);
  const claimed = await tool.query(`SELECT id FROM ${schema}.claim_task('a', 'me')`);
  expect(claimed.rowCount).toBe(1);
  await Promise.all([tool.end(), log.close()]);
});

/** Two logs were told the same at other times. */
function timeless(answer: object): unknown {
  return JSON.parse(JSON.stringify(answer, (key, value) => (/At$|^until$/.test(key) ? undefined : value)));
}
