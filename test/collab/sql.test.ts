import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Task } from "../../projections/collab-tasks.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { refreshCollab } from "../../src/inspect/collab-refresh.js";
import type { EventLog } from "../../src/log/event-log.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { asUser, openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { BACKENDS, opened } from "../read-model/backends.js";
import { freshPostgresUrl } from "../support/postgres.js";

const SQL_BACKENDS = BACKENDS.filter(([name]) => name !== "jsonl");

/** What the predecessor had; every one of these columns is there. */
const DOCUMENTED: Readonly<Record<string, string>> = {
  collab_sessions: "id title participants context status created last_activity completed_at metadata",
  conversation_chunks:
    "session_id chunk_id content format start_time end_time participants extracted_items metadata created",
  memories: "session_id type key content tags created",
  tasks:
    "id session_id agent_name task_type status priority input_data process_id claimed_by claimed_at started completed " +
    "output_data artifacts error_message created updated",
  artifacts: "id session_id task_id type name content format metadata created",
  agents: "name type command max_concurrent capabilities status current_tasks last_heartbeat metadata created updated",
  active_sessions: "id title running_tasks pending_tasks",
  task_queue: "id session_id session_title agent_name task_type priority created",
};

type Row = Record<string, unknown>;
type Ask = (sql: string) => Promise<Row[]>;

/** Asks the tables as people and tools do: without this library. `@.` stands before a name. */
async function asker(url: string): Promise<Ask> {
  if (url.startsWith("sqlite:")) {
    const db = new Database(url.slice("sqlite:".length), { readonly: true });
    onTestFinished(() => void db.close());
    return async (sql) => db.prepare(sql.replaceAll("@.", "")).all() as Row[];
  }
  const client = await openAdmin(url);
  return async (sql) => (await client.query(sql.replaceAll("@.", `"${schemaOf(url)}".`))).rows as Row[];
}

async function filled(log: EventLog): Promise<CollaborativeSessions> {
  const store = new CollaborativeSessions(log, { actor: "user:ada" });
  await store.sessions.create("s", { title: "a \u0000 title", participants: ["ada"], metadata: { n: 1 } });
  await store.chunks.add("s", "c", { content: 'she said "x"\u0000\n', extractedItems: ["y"] });
  await store.memories.set("s", "k", { type: "fact", content: { deep: [1] }, tags: ["a", "b,c"] });
  await store.artifacts.save("s", "a", { content: "v1" });
  await store.artifacts.save("s", "a", { content: "v2" });
  await store.agents.register("claude", { type: "cli", maxConcurrent: 2, capabilities: ["x"] });
  for (const priority of [1, 3, 2]) {
    const task = { agentName: "claude", taskType: "x", taskId: `t${priority}`, priority, input: { priority } };
    await store.tasks.create("s", task);
  }
  await store.tasks.claim("claude", "w");
  await refreshCollab(log);
  return store;
}

describe.each(SQL_BACKENDS)("%s:", (name, fresh) => {
  test("tables and views have the documented names and columns, and hold what the library says", async () => {
    const url = await fresh();
    await filled(await opened(url));
    const ask = await asker(url);
    for (const [table, columns] of Object.entries(DOCUMENTED)) {
      const [row] = await ask(`SELECT ${columns.replaceAll(" ", ", ")} FROM @.${table}`);
      expect(row, table).toBeDefined();
    }
    const json = (value: unknown) => (typeof value === "string" ? JSON.parse(value) : value);
    const [session = {}] = await ask("SELECT * FROM @.collab_sessions");
    expect([json(session.participants), json(session.metadata)]).toEqual([["ada"], { n: 1 }]);
    expect(session.title).toBe(name === "postgres" ? "a \ufffd title" : "a \u0000 title");
    const [chunk = {}] = await ask("SELECT content, extracted_items FROM @.conversation_chunks");
    expect(chunk.content).toContain('she said "x"');
    expect(json(chunk.extracted_items)).toEqual(["y"]);
    const [memory = {}] = await ask("SELECT content, tags FROM @.memories WHERE session_id = 's' AND key = 'k'");
    expect([json(memory.content), json(memory.tags)]).toEqual([{ deep: [1] }, ["a", "b,c"]]);
    expect((await ask("SELECT content FROM @.artifacts"))[0]).toEqual({ content: "v2" });
    const queue = await ask("SELECT id, session_title, priority FROM @.task_queue");
    expect(queue.map(({ id }) => id)).toEqual(["s/t2", "s/t1"]);
    const [agent = {}] = await ask("SELECT current_tasks, max_concurrent FROM @.agents");
    expect([Number(agent.current_tasks), Number(agent.max_concurrent)]).toEqual([1, 2]);
    const [active = {}] = await ask("SELECT running_tasks, pending_tasks, task_count FROM @.active_sessions");
    expect(Object.values(active).map(Number)).toEqual([1, 2, 3]);
  });

  test("what people ask by often has an index", async () => {
    const url = await fresh();
    await filled(await opened(url));
    const ask = await asker(url);
    const sql =
      name === "sqlite"
        ? "SELECT sql AS indexdef FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        : `SELECT indexdef FROM pg_indexes WHERE schemaname = '${schemaOf(url)}'`;
    const indexes = (await ask(sql)).map(({ indexdef }) => String(indexdef)).join("\n");
    for (const column of ["session_id", "status", "agent_name", "type", "key", "created", "format", "claimed_by"]) {
      expect(indexes).toMatch(new RegExp(`_(tasks|memories|chunks|artifacts|agents|sessions)_.*\\W"?${column}"?`));
    }
  });
});

describe("claim_task in Postgres", () => {
  async function queue() {
    const url = await freshPostgresUrl();
    const log = await opened(url);
    const store = await filled(log);
    const admin = await openAdmin(url);
    const claim = async (agent = "claude", by = "psql") =>
      (await admin.query(`SELECT * FROM "${schemaOf(url)}".claim_task($1, $2)`, [agent, by])).rows as Row[];
    return { url, log, store, admin, claim };
  }

  test("appends the event like everybody else: the chain holds, and the library goes on from there", async () => {
    const { log, store, claim } = await queue();
    const [claimed = {}] = await claim();
    expect(claimed).toMatchObject({ id: "s/t2", session_id: "s" });
    expect(await verifyLog(log)).toMatchObject({ ok: true });
    const task = await store.tasks.get("s/t2");
    expect(task).toMatchObject({ status: "claimed", claimedBy: "psql", attempts: 1, token: Number(claimed.token) });
    expect(await store.tasks.complete("s/t2", Number(claimed.token))).toMatchObject({ status: "completed" });
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  });

  test("a task whose event bears a time ahead of the server's clock is handed out, from the log as from the table", async () => {
    const { url, log, claim } = await queue();
    await log.close();
    const ahead = await PostgresLog.open(url, { now: () => new Date("2100-01-01T00:00:00Z") });
    onTestFinished(() => ahead.close());
    const { tasks } = new CollaborativeSessions(ahead, { actor: "user:ada" });
    for (const taskId of ["one", "two"]) await tasks.create("s", { agentName: "late", taskType: "t", taskId });
    expect(await claim("late")).toMatchObject([{ id: "s/one" }]);
    await tasks.list(); // brings the table up to date
    expect(await claim("late")).toMatchObject([{ id: "s/two" }]);
  });

  test("an agent of limited number gets no more than so many, however the claims are mixed", async () => {
    const { store, claim } = await queue();
    expect(await claim()).toHaveLength(1);
    expect(await claim()).toHaveLength(0);
    expect(await store.tasks.claim("claude", "w2")).toBeNull();
  });

  test("sees what was written since the read model was caught up", async () => {
    const { store, claim } = await queue();
    const [first] = (await store.tasks.list({ status: "claimed" })).documents as [Task];
    await store.tasks.fail(first.id, first.token as number, { error: "x" });
    await store.tasks.create("s", { agentName: "codex", taskType: "x", taskId: "late", priority: 9 });
    await store.tasks.create("s", { agentName: "codex", taskType: "x", taskId: "gone", priority: 10 });
    await store.tasks.cancel("s/gone");
    expect(await claim("codex")).toMatchObject([{ id: "s/late" }]);
    expect(await claim("codex")).toEqual([]);
    expect((await claim()).map(({ id }) => id)).toEqual(["s/t2"]); // t3 waits for its backoff
  });

  test("hands out a task whose lease ran out, and fails it after its last attempt", async () => {
    const { store, admin, url, claim, log } = await queue();
    await store.tasks.create("s", { agentName: "codex", taskType: "x", taskId: "once", maxAttempts: 1, priority: 5 });
    await store.tasks.create("s", { agentName: "codex", taskType: "x", taskId: "twice", maxAttempts: 2 });
    const short = `SELECT * FROM "${schemaOf(url)}".claim_task('codex', 'lost', interval '1 millisecond')`;
    await admin.query(short);
    await admin.query(short);
    await admin.query("SELECT pg_sleep(0.01)");
    expect(await claim("codex")).toMatchObject([{ id: "s/twice" }]);
    expect(await store.tasks.get("s/once")).toMatchObject({ status: "failed" });
    expect(await store.tasks.get("s/twice")).toMatchObject({ status: "claimed", attempts: 2, claimedBy: "psql" });
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  });

  test("many at once, in SQL and in the library, never get the same task", async () => {
    const { store, url } = await queue();
    for (let i = 0; i < 30; i++) await store.tasks.create("s", { agentName: "many", taskType: "x", taskId: `m${i}` });
    const clients = await Promise.all(Array.from({ length: 4 }, () => openAdmin(url)));
    const bySql = clients.map(async (client) => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) {
        const { rows } = await client.query(`SELECT id FROM "${schemaOf(url)}".claim_task('many', 'psql')`);
        ids.push(...rows.map(({ id }: Row) => String(id)));
      }
      return ids;
    });
    const byLibrary = Array.from({ length: 10 }, async () => {
      const task = await store.tasks.claim("many", "node");
      return task === null ? [] : [task.id];
    });
    const ids = (await Promise.all([...bySql, ...byLibrary])).flat();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(20);
  });

  test.each(["", "a\nb", "x".repeat(300)])("a claimer that no event can name is refused: %j", async (by) => {
    const { claim, log } = await queue();
    const { offset } = await log.tail();
    await expect(claim("claude", by)).rejects.toMatchObject({ code: "22023" });
    expect((await log.tail()).offset).toBe(offset);
  });

  test("names and agents with quotes and backslashes make the events that the library would make", async () => {
    const { store, claim, log } = await queue();
    await store.tasks.create("s", { agentName: `o'r"e`, taskType: "x", taskId: `t'"é` });
    expect(await claim(`o'r"e`, `w'o"r\\k`)).toMatchObject([{ id: `s/t'"é` }]);
    expect(await store.tasks.get(`s/t'"é`)).toMatchObject({ claimedBy: `w'o"r\\k` });
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  });
});

test("a role that may only read sees everything and changes nothing", async () => {
  const url = await freshPostgresUrl();
  const store = await filled(await opened(url));
  const [schema, role] = [schemaOf(url), `ro_${schemaOf(url)}`];
  const admin = await openAdmin(url);
  // As docs/collab.md says it.
  await admin.query(`CREATE ROLE ${role} LOGIN;
    GRANT USAGE ON SCHEMA ${schema} TO ${role};
    GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${role}`);
  const reader = await openAdmin(asUser(url, role));
  for (const table of Object.keys(DOCUMENTED)) {
    expect((await reader.query(`SELECT * FROM ${schema}.${table}`)).rows, table).not.toEqual([]);
  }
  for (const sql of [`SELECT * FROM ${schema}.claim_task('claude', 'x')`, `DELETE FROM ${schema}.events`]) {
    await expect(reader.query(sql)).rejects.toMatchObject({ code: "42501" });
  }
  await store.chunks.add("s", "new", { content: "needle" });
  const readOnly = new CollaborativeSessions(await opened(asUser(url, role)));
  expect((await readOnly.search("needle")).hits).toMatchObject([{ id: "new" }]);
  expect((await readOnly.sessions.get("s")).chunkCount).toBe(2);
  await expect(readOnly.sessions.create("x")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
});
