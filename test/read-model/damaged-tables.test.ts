import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { collabTasks } from "../../projections/collab-tasks.js";
import { sessions } from "../../projections/sessions.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { SessionStore } from "../../src/session/session-store.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { BACKENDS, opened } from "./backends.js";

const TABLES = BACKENDS.filter(([name]) => name !== "jsonl");

/** Somebody's hand in the database, past the log. `@m` is the table of the model. */
async function tamper(url: string, sql: string, model = "tasks"): Promise<void> {
  if (url.startsWith("sqlite:")) {
    const db = new Database(url.slice("sqlite:".length));
    const named = "SELECT name FROM sqlite_schema WHERE name GLOB ? AND name NOT GLOB '*_w*'";
    db.exec(sql.replaceAll("@m", String(db.prepare(named).pluck().get(`model_${model}_*`))).replace(" CASCADE", ""));
    db.close();
    return;
  }
  const admin = await openAdmin(url);
  const named = "SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename ~ $2";
  const { rows } = await admin.query(named, [schemaOf(url), `^model_${model}_.*_g1$`]);
  await admin.query(`SET search_path = "${schemaOf(url)}"; ${sql.replaceAll("@m", rows[0]?.name)}`);
}

const DAMAGES = [
  ["a document is cut", "UPDATE @m SET document = substr(document, 1, 10)"],
  ["its table is gone", "DROP TABLE @m CASCADE"],
] as const;

const CASES = TABLES.flatMap(([name, fresh]) => DAMAGES.map(([what, sql]) => [name, what, sql, fresh] as const));

test.each(CASES)("%s: a read model of which %s is an error of ours, and made anew it answers", async (...one) => {
  const [, , sql, fresh] = one;
  const url = await fresh();
  const log = await opened(url);
  const { tasks } = new CollaborativeSessions(log);
  for (const taskId of ["a", "b"]) await tasks.create(null, { taskId, agentName: "x", taskType: "t" });
  const before = await tasks.list();
  await tamper(url, sql);
  const damaged = { code: "READ_MODEL_DAMAGED", hint: expect.stringContaining("sessiondb projection rebuild") };
  await expect(tasks.list()).rejects.toMatchObject(damaged);
  const other = await openLog(url);
  await expect(new CollaborativeSessions(other).tasks.list()).rejects.toMatchObject(damaged);
  await other.close();
  await new ReadModel(log, collabTasks).rebuild();
  expect(await tasks.list()).toEqual(before);
  expect(await tasks.claim("x", "w")).toMatchObject({ id: before.documents[0]?.id });
});

const HANDS = [...DAMAGES, ["the list of read models is gone", "DROP TABLE read_models"] as const];

test.each(TABLES.flatMap(([name, fresh]) => HANDS.map(([what, sql]) => [name, what, sql, fresh] as const)))(
  "%s: one session is read of its events where %s",
  async (...one) => {
    const [, , sql, fresh] = one;
    const url = await fresh();
    const log = await opened(url);
    const store = new SessionStore(log, { actor: "user:t" });
    await store.create({ session: "a", repoName: "r" });
    await store.update("a", { commitCount: 1 });
    await new ReadModel(log, sessions).catchUp();
    const asked = await store.get("a");
    await tamper(url, sql, "sessions");
    expect(await store.get("a")).toEqual(asked);
    const other = await openLog(url);
    expect(await new SessionStore(other, { actor: "user:t" }).get("a")).toEqual(asked);
    await other.close();
  },
);

test("a SQLite file without the list of read models says so, and its events are read and appended", async () => {
  const [, fresh] = TABLES[0] as (typeof TABLES)[number];
  const url = await fresh();
  await (await opened(url)).append({ stream: "a", events: [{ type: "t", data: 1 }] }, { actor: "user:t" });
  await tamper(url, "DROP TABLE read_models");
  const log = await opened(url);
  const failed = { code: "STORAGE_FAILED", hint: expect.any(String) };
  expect(() => new CollaborativeSessions(log)).toThrow(expect.objectContaining(failed));
  await log.append({ stream: "a", events: [{ type: "t", data: 2 }] }, { actor: "user:t" });
  expect((await log.tail()).offset).toBe(2);
});

test("that the log's own tables are gone is told as ever", async () => {
  const url = await freshPostgresUrl();
  const log = await opened(url);
  await (await openAdmin(url)).query(`DROP TABLE "${schemaOf(url)}".events CASCADE`);
  await expect(log.tail()).rejects.not.toMatchObject({ code: "READ_MODEL_DAMAGED" });
});
