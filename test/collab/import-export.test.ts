import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { exportCollabFiles } from "../../src/collab/export-files.js";
import { fileName } from "../../src/collab/file-name.js";
import { importCollab } from "../../src/collab/import-collab.js";
import type { CollabRecord } from "../../src/import/collab-record.js";
import { type ForeignRead, readAiWebhook, readAiWebhookPostgres } from "../../src/open-foreign.js";
import { openLog } from "../../src/open-log.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

const AT = "2025-06-01T10:00:00.123456";
const UTC = "2025-06-01T10:00:00.123Z";

async function store(): Promise<CollaborativeSessions> {
  return new CollaborativeSessions(await openLog("memory:"), { actor: "user:ada" });
}

function taken(collab: CollaborativeSessions, { records, report }: ForeignRead<CollabRecord>) {
  return importCollab(collab, records, report);
}

function folder(files: Record<string, unknown>): string {
  const root = tempDir();
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, "sessions", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" || content instanceof Buffer ? content : JSON.stringify(content));
  }
  return root;
}

const FILES = {
  "s1/session.json": {
    session_id: "s1",
    title: "T",
    participants: ["ada"],
    status: "completed",
    created: AT,
    completed_at: AT,
    memory_count: 99,
    mood: "good",
  },
  "s1/conversation/chunk_c1.json": {
    chunk_id: "c1",
    start_time: AT,
    format: "odd",
    content: "hi",
    participants: "ada",
  },
  "s1/conversation/full_transcript.txt": "all of it\n",
  "s1/memories/k1.json": { type: "general", key: "k1", content: { a: 1 }, tags: ["x"], timestamp: AT },
  "s1/memories/k2.json": { type: "hunch", key: "k2", content: "c" },
  "s1/memories/bad.json": { type: "fact", key: "../k3", content: "c" },
  "s1/extracted/decisions.json": [{ key: "d1", content: "yes", timestamp: AT }],
  "s1/tasks/t1.json": { task_id: "t1", agent_name: "a", task_type: "x", status: "in_progress", data: { n: 1 } },
  "s1/tasks/t2.json": { task_id: "t2", agent_name: "a", task_type: "x", status: "completed", result: 7, completed: AT },
  "s1/tasks/t3.json": { task_id: "t3", agent_name: "a", task_type: "x", status: "failed", error: "boom" },
  "s1/artifacts/plan_a.md": "# Plan",
  "s1/artifacts/plan_a_meta.json": { id: "plan_a", type: "plan", name: "a", created: AT },
  "s2/memories/k1.json": { type: "fact", key: "k1", content: "of a lost session" },
  "s2/session.json": "{",
};

describe("from files", () => {
  test("every record is taken or told, with its times, and what has no place is kept", async () => {
    const collab = await store();
    const report = await taken(collab, readAiWebhook(folder(FILES)));
    expect(report).toMatchObject({ read: 13, imported: 11, updated: 0, unchanged: 0, refused: 2 });
    const session = await collab.sessions.get("s1");
    expect(session).toMatchObject({
      status: "completed",
      created: UTC,
      completedAt: UTC,
      memoryCount: 3,
      taskCount: 3,
    });
    expect(session.metadata).toEqual({ foreign: { mood: "good" } });
    expect(await collab.chunks.get("s1", "c1")).toMatchObject({
      format: "dialogue",
      participants: ["ada"],
      startTime: UTC,
      metadata: { foreign: { format: "odd" } },
    });
    expect(await collab.chunks.get("s1", "full_transcript")).toMatchObject({ format: "transcript" });
    expect(await collab.memories.get("s1", "k1")).toMatchObject({ type: "general", content: { a: 1 }, created: UTC });
    expect(await collab.memories.get("s1", "extracted/decision/d1")).toMatchObject({ tags: ["extracted"] });
    expect(await collab.tasks.get("s1/t1")).toMatchObject({ status: "pending", input: { n: 1 } });
    expect(await collab.tasks.get("s1/t2")).toMatchObject({ status: "completed", output: 7, completed: UTC });
    expect(await collab.tasks.get("s1/t3")).toMatchObject({ status: "failed", error: "boom" });
    expect(await collab.artifacts.get("s1", "plan_a")).toMatchObject({ content: "# Plan", type: "plan", created: UTC });
    expect(await collab.memories.get("s2", "k1")).toMatchObject({ content: "of a lost session" });
    const whys = report.notes.map(({ kind, why }) => `${kind}: ${why}`).join("\n");
    for (const part of ["../k3", "could not be read", "became dialogue", "became general", "became pending"]) {
      expect(whys).toContain(part);
    }
  });

  test("a task that is worked on, exported and imported again and again keeps its input as it was after the first time", async () => {
    let here = await store();
    await here.sessions.create("s");
    await here.tasks.create("s", { agentName: "bot", taskType: "review", input: { file: "a.ts" } });
    for (let round = 0; round < 3; round++) {
      const task = await here.tasks.claim("bot", "me");
      await here.tasks.start(task?.id ?? "", task?.token ?? 0);
      const folder = join(tempDir(), "out");
      await exportCollabFiles(here, folder);
      here = await store();
      await taken(here, readAiWebhook(folder));
      const [imported] = (await here.tasks.list()).documents;
      const foreign = { started: expect.stringMatching(/^\d{4}-/) };
      expect(imported).toMatchObject({ status: "pending" });
      expect(imported?.input).toEqual({ input: { file: "a.ts" }, foreign });
    }
  });

  test("importing again adds nothing; what has changed there is one more value here", async () => {
    const collab = await store();
    const root = folder(FILES);
    await taken(collab, readAiWebhook(root));
    const { offset } = await collab.log.tail();
    const again = await taken(collab, readAiWebhook(root));
    expect(again).toMatchObject({ imported: 0, updated: 0, unchanged: 11 });
    expect(again.notes.filter(({ why }) => why.includes("differs"))).toEqual([]);
    expect((await collab.log.tail()).offset).toBe(offset);
    await collab.memories.set("s1", "k1", { type: "fact", content: "changed here" });
    writeFileSync(join(root, "sessions/s1/artifacts/plan_a.md"), "# Plan 2");
    writeFileSync(join(root, "sessions/s1/conversation/full_transcript.txt"), "another");
    expect(await taken(collab, readAiWebhook(root))).toMatchObject({ updated: 1, refused: 3 });
    expect(await collab.memories.get("s1", "k1")).toMatchObject({ content: "changed here" });
    expect(await collab.artifacts.get("s1", "plan_a")).toMatchObject({ content: "# Plan 2", version: 2 });
  });
});

test("a participant whose name is cut, and a title with half a character, are told", async () => {
  const collab = await store();
  const text = `{"title":"\\ud800","participants":["${"x".repeat(1_001)}"]}`;
  const root = folder({ "s/session.json": text });
  const report = await taken(collab, readAiWebhook(root));
  expect(report).toMatchObject({ imported: 1, repaired: 1 });
  expect(report.notes.map(({ why }) => why)).toEqual([
    "its title held half a character; U+FFFD stands in its place",
    "some of its participants were cut to 1000 characters; all of them are in the metadata",
  ]);
  const { participants, metadata } = await collab.sessions.get("s");
  expect(participants[0]).toHaveLength(1_000);
  expect(metadata).toEqual({ foreign: { participants: ["x".repeat(1_001)] } });
});

test("participants and tags that are there twice, empty or null are told, and stand there once", async () => {
  const collab = await store();
  const root = folder({
    "s/session.json": { title: "T", participants: ["ada", "bob", "ada", "", null] },
    "s/memories/k.json": { key: "k", type: "fact", content: 1, tags: ["x", "x"] },
  });
  const report = await taken(collab, readAiWebhook(root));
  expect(report).toMatchObject({ imported: 2, repaired: 2 });
  expect(report.notes.map(({ kind, why }) => [kind, why])).toEqual([
    ["repaired", "3 of its participants stood there before, or were empty: each stands there once"],
    ["repaired", "1 of its tags stood there before, or were empty: each stands there once"],
  ]);
  expect((await collab.sessions.get("s")).participants).toEqual(["ada", "bob"]);
  expect((await collab.memories.get("s", "k")).tags).toEqual(["x"]);
});

test("a record that was repaired while it was read and while it was taken counts once", async () => {
  const task = { task_id: "t", agent_name: "a", task_type: "x", status: "in_progress" };
  const report = await taken(await store(), readAiWebhook(folder({ "s/session.json": {}, "s/tasks/t.json": task })));
  expect(report).toMatchObject({ read: 2, imported: 2, repaired: 1 });
  expect(report.notes.map(({ kind, why }) => `${kind}: ${why}`)).toEqual([
    "repaired: its status in_progress became running",
    "repaired: it was running, and became pending: its worker is not ours",
  ]);
});

test("what a task says of an end that it has not, or that has no place for it, is kept", async () => {
  const collab = await store();
  const task = { agent_name: "a", task_type: "x", data: "d", result: 1, artifacts: ["f"], error: "e", completed: AT };
  const statuses = ["pending", "claimed", "cancelled", "failed", "completed"];
  const files = statuses.map((status) => [`s/tasks/${status}.json`, { task_id: status, status, ...task }]);
  const empty = {
    task_id: "empty",
    agent_name: "a",
    task_type: "x",
    data: "d",
    artifacts: [],
    error: "",
    result: null,
  };
  await taken(collab, readAiWebhook(folder({ ...Object.fromEntries(files), "s/tasks/empty.json": empty })));
  const at = "2025-06-01T10:00:00.123456Z";
  const inputs = await Promise.all([...statuses, "empty"].map(async (id) => (await collab.tasks.get(`s/${id}`)).input));
  expect(inputs).toEqual([
    { input: "d", foreign: { result: 1, artifacts: ["f"], error: "e", completed: at } },
    { input: "d", foreign: { result: 1, artifacts: ["f"], error: "e", completed: at } },
    { input: "d", foreign: { result: 1, artifacts: ["f"], error: "e" } },
    { input: "d", foreign: { artifacts: ["f"] } },
    { input: "d", foreign: { error: "e" } },
    "d",
  ]);
  expect(await collab.tasks.get("s/completed")).toMatchObject({ output: 1, artifacts: ["f"], completed: UTC });
  expect(await collab.tasks.get("s/failed")).toMatchObject({ output: 1, error: "e", completed: UTC });
});

test("the end of a session that goes on is kept", async () => {
  const collab = await store();
  const root = folder({
    "a/session.json": { title: "A", status: "active", completed_at: AT },
    "b/session.json": { title: "B", status: "paused", completed_at: AT, metadata: { m: 1 } },
    "c/session.json": { title: "C", status: "completed", completed_at: AT },
  });
  await taken(collab, readAiWebhook(root));
  const kept = { foreign: { completedAt: "2025-06-01T10:00:00.123456Z" } };
  expect((await collab.sessions.get("a")).metadata).toEqual(kept);
  expect((await collab.sessions.get("b")).metadata).toEqual({ m: 1, ...kept });
  expect(await collab.sessions.get("c")).toMatchObject({ metadata: null, completedAt: UTC });
});

test.each([
  ["a word", "high"],
  ["a fraction", 1.5],
  ["more than there is", 99_999_999],
])("a priority that is %s is told, and kept", async (_what, priority) => {
  const collab = await store();
  const task = { task_id: "t", agent_name: "a", task_type: "x", data: 1, priority };
  const report = await taken(collab, readAiWebhook(folder({ "s/session.json": {}, "s/tasks/t.json": task })));
  expect(report).toMatchObject({ imported: 2, repaired: 1 });
  expect(report.notes.map(({ kind, why }) => `${kind}: ${why}`)).toEqual([
    `repaired: its priority ${JSON.stringify(priority)} is no whole number from -1000000 to 1000000; it is in the metadata`,
  ]);
  expect(await collab.tasks.get("s/t")).toMatchObject({ priority: 0, input: { input: 1, foreign: { priority } } });
});

test("a status or type in capitals is the same one: what is done is not done again", async () => {
  const collab = await store();
  const task = { task_id: "t", agent_name: "a", task_type: "x", status: "COMPLETED", result: 1, completed: AT };
  const root = folder({
    "s/session.json": { title: "S", status: "Paused" },
    "s/tasks/t.json": task,
    "s/memories/k.json": { type: "DECISION", key: "k", content: "c" },
  });
  const report = await taken(collab, readAiWebhook(root));
  expect(report).toMatchObject({ imported: 3, repaired: 3 });
  expect(report.notes.map(({ kind, why }) => `${kind}: ${why}`)).toEqual([
    'repaired: its status "Paused" became paused',
    'repaired: its type "DECISION" became decision',
    'repaired: its status "COMPLETED" became completed',
  ]);
  expect((await collab.sessions.get("s")).status).toBe("paused");
  expect(await collab.tasks.get("s/t")).toMatchObject({ status: "completed", output: 1, input: null });
  expect((await collab.memories.get("s", "k")).type).toBe("decision");
});

test("metadata of their own that are named as ours for what has no place lose nothing", async () => {
  const collab = await store();
  const metadata = { foreign: { old: 1 }, content: "of the metadata", input: "too" };
  const root = folder({
    "s/session.json": { title: "T", mood: "good", metadata },
    "s/memories/k.json": { key: "k", type: "fact", content: "c", metadata },
    "s/tasks/t.json": { task_id: "t", agent_name: "a", task_type: "x", data: "d", metadata },
  });
  await taken(collab, readAiWebhook(root));
  expect((await collab.sessions.get("s")).metadata).toEqual({ value: metadata, foreign: { mood: "good" } });
  expect((await collab.memories.get("s", "k")).content).toEqual({ content: "c", metadata });
  expect((await collab.tasks.get("s/t")).input).toEqual({ input: "d", metadata });
});

describe("a newer copy of a source", () => {
  const SESSION = { session_id: "s", title: "T", participants: ["ada"], context: 1, metadata: { m: 1 } };
  const PARTS = {
    "s/session.json": SESSION,
    "s/conversation/chunk_c.json": { chunk_id: "c", content: "x", extracted_items: [1], metadata: { z: 1 } },
    "s/memories/k.json": { key: "k", type: "idea", content: "first", tags: ["t1"] },
    "s/artifacts/doc_a.md": "first",
    "s/artifacts/doc_a_meta.json": { id: "doc_a", type: "doc", name: "a", metadata: { n: 1 } },
  };

  async function changed(files: Record<string, unknown>) {
    const collab = await store();
    const root = folder(PARTS);
    await taken(collab, readAiWebhook(root));
    const take = async (next: Record<string, unknown>) => {
      for (const [name, content] of Object.entries(next)) {
        writeFileSync(join(root, "sessions", name), typeof content === "string" ? content : JSON.stringify(content));
      }
      return taken(collab, readAiWebhook(root));
    };
    return { collab, take, report: await take(files) };
  }

  test("what it has changed of a session or around a chunk's text is told, member by member", async () => {
    const { report } = await changed({
      "s/session.json": { ...SESSION, context: 2, participants: ["ada", "bob"] },
      "s/conversation/chunk_c.json": { chunk_id: "c", content: "x", extracted_items: [1, 2], metadata: { z: 1 } },
    });
    expect(report).toMatchObject({ updated: 0, unchanged: 4 });
    const told = report.notes.map(({ place, why }) => `${place}: ${why}`);
    expect(told).toEqual([
      "session s: there is a session of this id that differs (participants, context); it was left as it is here",
      "chunk s c: there is a chunk of this id that differs (extractedItems); it was left as it is here",
    ]);
  });

  test("other tags of a memory, and other metadata of an artifact, are one more value", async () => {
    const { collab, report } = await changed({
      "s/memories/k.json": { key: "k", type: "idea", content: "first", tags: ["t2"] },
      "s/artifacts/doc_a_meta.json": { id: "doc_a", type: "doc", name: "a", metadata: { n: 2 } },
    });
    expect(report).toMatchObject({ updated: 2, unchanged: 2 });
    expect(await collab.memories.get("s", "k")).toMatchObject({ tags: ["t2"], version: 2 });
    expect(await collab.artifacts.get("s", "doc_a")).toMatchObject({ metadata: { n: 2 }, version: 2 });
  });

  test("a value that it takes back becomes the newest one here, once", async () => {
    const other = { key: "k", type: "idea", content: "second", tags: ["t1"] };
    const { collab, take } = await changed({ "s/memories/k.json": other, "s/artifacts/doc_a.md": "second" });
    const back = { "s/memories/k.json": PARTS["s/memories/k.json"], "s/artifacts/doc_a.md": "first" };
    expect(await take(back)).toMatchObject({ updated: 2, unchanged: 2 });
    expect(await collab.memories.get("s", "k")).toMatchObject({ content: "first", version: 3 });
    expect(await collab.artifacts.get("s", "doc_a")).toMatchObject({ content: "first", version: 3 });
    expect(await take(back)).toMatchObject({ updated: 0, unchanged: 4 });
  });

  test("a key that a source holds twice adds nothing when it is imported again", async () => {
    const { take } = await changed({ "s/memories/other.json": { key: "k", type: "idea", content: "of another file" } });
    expect(await take({})).toMatchObject({ imported: 0, updated: 0, unchanged: 5 });
  });

  test("a copy of the source under another name, from before a change, brings nothing", async () => {
    const { collab } = await changed({ "s/memories/k.json": { key: "k", type: "idea", content: "second" } });
    expect(await taken(collab, readAiWebhook(folder(PARTS)))).toMatchObject({ imported: 0, updated: 0 });
    expect(await collab.memories.get("s", "k")).toMatchObject({ content: "second" });
  });
});

test("a task that has ended there since, or another of its id, stays as it is here, and that is told", async () => {
  const collab = await store();
  const task = { task_id: "t", agent_name: "a", task_type: "x", status: "in_progress", data: 1 };
  const other = { ...task, data: 2 };
  const root = folder({ "s1/session.json": {}, "s1/tasks/t.json": task, "s1/tasks/u.json": other });
  const first = await taken(collab, readAiWebhook(root));
  writeFileSync(
    join(root, "sessions/s1/tasks/t.json"),
    JSON.stringify({ ...task, status: "completed", result: "done" }),
  );
  const second = await taken(collab, readAiWebhook(root));
  const told = ({ notes }: typeof first) => notes.filter(({ why }) => why.includes("differs")).length;
  expect([told(first), told(second)]).toEqual([1, 2]);
  expect(await collab.tasks.get("s1/t")).toMatchObject({ status: "pending", input: 1 });
});

test("from Postgres: sessions, parts, tasks of no session and agents", async () => {
  const url = await freshPostgresUrl();
  const admin = await openAdmin(url);
  await admin.query(`CREATE SCHEMA ${schemaOf(url)}; SET search_path TO ${schemaOf(url)};
    CREATE TABLE sessions (id text PRIMARY KEY, title text, participants jsonb, status text, created timestamp, metadata jsonb);
    INSERT INTO sessions VALUES ('s1', 'T', '["ada"]', 'paused', '${AT}', '{"n":1}');
    CREATE TABLE conversation_chunks (id serial, session_id text, chunk_id text, content text);
    INSERT INTO conversation_chunks (session_id, chunk_id, content) VALUES ('s1', 'c1', 'hi');
    CREATE TABLE memories (session_id text, type text, key text, content jsonb, tags text[], created timestamp);
    INSERT INTO memories VALUES ('s1', 'idea', 'k', '{"x":[1]}', ARRAY['a','b'], '${AT}');
    CREATE TABLE tasks (id text, session_id text, agent_name text, task_type text, status text, priority int, input_data jsonb);
    INSERT INTO tasks VALUES ('t1', NULL, 'a1', 'x', 'pending', 5, '{"n":1}'), ('t2', 's1', 'a1', 'x', 'cancelled', 0, NULL);
    CREATE TABLE artifacts (id text, session_id text, type text, name text, content text, format text);
    INSERT INTO artifacts VALUES ('code_main', 's1', 'code', 'main', 'x = 1', 'py');
    CREATE TABLE agents (name text, type text, max_concurrent int, status text, capabilities jsonb, current_tasks int);
    INSERT INTO agents VALUES ('a1', 'cli', 2, 'busy', '["x"]', 7)`);
  const collab = await store();
  expect(await taken(collab, readAiWebhookPostgres(url))).toMatchObject({ read: 7, imported: 7, refused: 0 });
  expect(await collab.sessions.get("s1")).toMatchObject({ status: "paused", metadata: { n: 1 }, created: UTC });
  expect(await collab.memories.get("s1", "k")).toMatchObject({ content: { x: [1] }, tags: ["a", "b"], created: UTC });
  expect(await collab.tasks.get("/t1")).toMatchObject({ priority: 5, input: { n: 1 }, session: null });
  expect(await collab.tasks.get("s1/t2")).toMatchObject({ status: "cancelled" });
  expect(await collab.artifacts.get("s1", "code_main")).toMatchObject({ content: "x = 1", format: "py" });
  expect(await collab.agents.get("a1")).toMatchObject({ maxConcurrent: 2, status: "busy", metadata: null });
  expect(await collab.tasks.claim("a1", "w")).toMatchObject({ id: "/t1" });
});

describe("to files", () => {
  test("importing what was exported gives the same, also of ids that no file can have", async () => {
    const collab = await store();
    await collab.sessions.create("task#1 é", { title: "T", participants: ["ada"], context: { a: 1 }, metadata: [1] });
    const session = "task#1 é";
    await collab.chunks.add(session, "a/b:c", { content: "text\u2028 é", format: "summary", extractedItems: [1] });
    await collab.memories.set(session, "k/.hidden", { type: "risk", content: ["x"], tags: ["t"] });
    await collab.memories.set(session, "k/.hidden", { type: "risk", content: ["y"], tags: ["t"] });
    await collab.artifacts.save(session, "docs/plan.v2.md", { content: "# P", format: "md", type: "doc" });
    await collab.artifacts.save(session, "raw", { content: "/w==", encoding: "base64" });
    await collab.tasks.create(session, { agentName: "a", taskType: "x", taskId: "t1", priority: 3, input: { n: 1 } });
    await collab.sessions.pause(session);
    const out = join(tempDir(), "out");
    const report = await exportCollabFiles(collab, out);
    expect(report).toMatchObject({ sessions: 1, files: 8 });
    expect(statSync(join(out, "sessions", session, "session.json")).mode & 0o777).toBe(0o600);
    const copy = await store();
    expect(await taken(copy, readAiWebhook(out))).toMatchObject({ imported: 6, refused: 0, repaired: 0 });
    const facts = async (from: CollaborativeSessions) => {
      const { title, participants, context, metadata, status, created } = await from.sessions.get(session);
      const chunk = await from.chunks.get(session, "a/b:c");
      const memory = await from.memories.get(session, "k/.hidden");
      const artifact = await from.artifacts.get(session, "docs/plan.v2.md");
      const raw = await from.artifacts.get(session, "raw");
      const task = await from.tasks.get(`${session}/t1`);
      return [
        { title, participants, context, metadata, status, created },
        [chunk.content, chunk.format, chunk.extractedItems, chunk.created],
        [memory.type, memory.content, memory.tags],
        [artifact.content, artifact.type, artifact.name, artifact.format],
        [raw.content, raw.encoding],
        [task.agentName, task.taskType, task.priority, task.input, task.status],
      ];
    };
    expect(await facts(copy)).toEqual(await facts(collab));
  });

  test("artifacts whose files would have the name of another's, or one that no folder takes", async () => {
    const collab = await store();
    await collab.sessions.create("s");
    const long = "v1.".repeat(80);
    await collab.artifacts.save("s", "x", { content: "of x" });
    await collab.artifacts.save("s", "x_meta", { content: "[1]", format: "json" });
    await collab.artifacts.save("s", long, { content: "of the long one" });
    const out = join(tempDir(), "out");
    await exportCollabFiles(collab, out);
    const copy = await store();
    expect(await taken(copy, readAiWebhook(out))).toMatchObject({ imported: 4, refused: 0, repaired: 0, notes: [] });
    expect(await copy.artifacts.get("s", "x")).toMatchObject({ content: "of x", format: null });
    expect(await copy.artifacts.get("s", "x_meta")).toMatchObject({ content: "[1]", format: "json" });
    expect(await copy.artifacts.get("s", long)).toMatchObject({ content: "of the long one" });
  });

  test("a byte order mark at the start of a content is a part of it", async () => {
    const collab = await store();
    const files = {
      "s/session.json": {},
      "s/artifacts/a.csv": "\ufeffx",
      "s/conversation/full_transcript.txt": "\ufeffy",
    };
    await taken(collab, readAiWebhook(folder(files)));
    expect((await collab.artifacts.get("s", "a")).content).toBe("\ufeffx");
    expect((await collab.chunks.get("s", "full_transcript")).content).toBe("\ufeffy");
    const out = join(tempDir(), "out");
    await exportCollabFiles(collab, out);
    expect(await taken(collab, readAiWebhook(out))).toMatchObject({ updated: 0, unchanged: 3 });
  });

  test("a task that waits for its next attempt keeps its input as it is", async () => {
    const collab = await store();
    await collab.sessions.create("s");
    await collab.tasks.create("s", { agentName: "a", taskType: "x", taskId: "t", input: { n: 1 }, backoffMs: 0 });
    const claimed = await collab.tasks.claim("a", "w");
    await collab.tasks.fail("s/t", claimed?.token ?? 0, { error: "not yet" });
    expect(await collab.tasks.get("s/t")).toMatchObject({ status: "pending", error: "not yet" });
    const out = join(tempDir(), "out");
    await exportCollabFiles(collab, out);
    const copy = await store();
    await taken(copy, readAiWebhook(out));
    expect(await copy.tasks.get("s/t")).toMatchObject({ status: "pending", input: { n: 1 } });
  });

  test("bytes that could be read as text stay bytes", async () => {
    const collab = await store();
    await collab.sessions.create("s");
    await collab.artifacts.save("s", "b", { content: "aGk=", encoding: "base64" });
    const out = join(tempDir(), "out");
    await exportCollabFiles(collab, out);
    expect(await taken(collab, readAiWebhook(out))).toMatchObject({ updated: 0, unchanged: 2 });
    const copy = await store();
    await taken(copy, readAiWebhook(out));
    expect(await copy.artifacts.get("s", "b")).toMatchObject({ content: "aGk=", encoding: "base64", metadata: null });
  });

  test("a folder that is there is left alone, and a failure leaves nothing behind", async () => {
    const collab = await store();
    await collab.sessions.create("s");
    const parent = tempDir();
    mkdirSync(join(parent, "there"));
    writeFileSync(join(parent, "there", "mine"), "x");
    await expect(exportCollabFiles(collab, join(parent, "there"))).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    expect(readFileSync(join(parent, "there", "mine"), "utf8")).toBe("x");
    writeFileSync(join(parent, "file"), "");
    const under = join(parent, "file", "out");
    await expect(exportCollabFiles(collab, under)).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    expect(readdirSync(parent).sort()).toEqual(["file", "there"]);
    expect(existsSync(under)).toBe(false);
  });

  test("names of files hold no path, are short, and stay apart", () => {
    expect(fileName("a/b")).toBe("a%2Fb");
    expect(fileName("..")).toBe("%2E.");
    expect(fileName("é")).toBe("%C3%A9");
    const [one, other] = ["x".repeat(300), `${"x".repeat(299)}y`].map(fileName) as [string, string];
    expect([one.length, other.length]).toEqual([200, 200]);
    expect(one).not.toBe(other);
  });
});
