import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CollabRecord } from "../../src/import/collab-record.js";
import { type ForeignRead, readAiWebhook, readAiWebhookPostgres } from "../../src/open-foreign.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

const AT = "2025-06-01T10:00:00.123456";
const UTC = "2025-06-01T10:00:00.123456Z";

async function all({ records, report }: ForeignRead<CollabRecord>) {
  const found: CollabRecord[] = [];
  for await (const record of records) found.push(record);
  const whys = report.notes.map(({ kind, place, why }) => `${kind} ${place}: ${why}`);
  return { found, report, whys };
}

/** A folder with these files: text as it is, all else as JSON. */
function folder(files: Record<string, unknown>): string {
  const root = tempDir();
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" || content instanceof Buffer ? content : JSON.stringify(content));
  }
  return root;
}

const SESSION = {
  session_id: "s1",
  title: "T",
  participants: ["ada"],
  status: "active",
  created: AT,
  completed_at: null,
};

describe("files", () => {
  test("an id that is null or empty inside is that of the file", async () => {
    const { found, whys } = await all(
      readAiWebhook(
        folder({
          "sessions/s1/session.json": { ...SESSION, session_id: null },
          "sessions/s1/conversation/chunk_c1.json": { chunk_id: null, content: "hi" },
          "sessions/s1/memories/k1.json": { key: "", type: "fact", content: 1 },
          "sessions/s1/tasks/t1.json": { task_id: {}, status: "pending" },
        }),
      ),
    );
    expect(found.map(({ kind, id }) => `${kind} ${id}`)).toEqual(["session s1", "chunk c1", "memory k1", "task t1"]);
    expect(whys).toEqual([
      "repaired s1/conversation/chunk_c1.json: its chunk_id was null; the name of its file was taken",
      'repaired s1/memories/k1.json: its key was ""; the name of its file was taken',
      "repaired s1/tasks/t1.json: its task_id was {}; the name of its file was taken",
    ]);
  });

  test("what lies beside the folders of the sessions is told", async () => {
    const root = folder({ "sessions/s1/session.json": SESSION, "sessions/notes.txt": "x" });
    symlinkSync(tempDir(), join(root, "sessions", "linked"));
    const { found, whys } = await all(readAiWebhook(root));
    expect(found.map(({ id }) => id)).toEqual(["s1"]);
    expect(whys).toEqual([
      "remark linked: it is no folder of a session; it was left out",
      "remark notes.txt: it is no folder of a session; it was left out",
    ]);
  });

  test("every kind is read, with times in UTC", async () => {
    const root = folder({
      "sessions/s1/session.json": { ...SESSION, memory_count: 1 },
      "sessions/s1/conversation/chunk_c1.json": { chunk_id: "c1", start_time: AT, format: "dialogue", content: "hi" },
      "sessions/s1/conversation/full_transcript.txt": "hi\n",
      "sessions/s1/memories/k1.json": {
        type: "general",
        key: "k1",
        content: { a: 1 },
        tags: ["x"],
        timestamp: AT,
        session_id: "s1",
      },
      "sessions/s1/extracted/decisions.json": [{ key: "k2", content: "c", timestamp: AT }],
      "sessions/s1/tasks/t1.json": { task_id: "t1", agent_name: "a", status: "in_progress", started: AT, result: null },
      "sessions/s1/artifacts/plan_a.b.md": "# Plan",
      "sessions/s1/artifacts/plan_a.b_meta.json": { id: "plan_a.b", type: "plan", name: "a.b", file: "x", created: AT },
    });
    const { found, report, whys } = await all(readAiWebhook(root));
    expect(found).toEqual([
      {
        kind: "session",
        session: "s1",
        id: "s1",
        fields: {
          title: "T",
          participants: ["ada"],
          status: "active",
          created: UTC,
          completedAt: null,
          memoryCount: 1,
        },
      },
      {
        kind: "artifact",
        session: "s1",
        id: "plan_a.b",
        fields: { type: "plan", name: "a.b", file: "x", created: UTC, content: "# Plan" },
      },
      { kind: "chunk", session: "s1", id: "c1", fields: { startTime: UTC, format: "dialogue", content: "hi" } },
      { kind: "transcript", session: "s1", id: "full_transcript", fields: { content: "hi\n" } },
      {
        kind: "extracted",
        session: "s1",
        id: "decision/k2",
        fields: { content: "c", timestamp: UTC, type: "decision" },
      },
      {
        kind: "memory",
        session: "s1",
        id: "k1",
        fields: { type: "general", content: { a: 1 }, tags: ["x"], timestamp: UTC },
      },
      {
        kind: "task",
        session: "s1",
        id: "t1",
        fields: { agentName: "a", status: "running", started: UTC, result: null },
        repaired: true,
      },
    ]);
    expect(report).toMatchObject({ read: 7, repaired: 1, refused: 0 });
    expect(whys).toEqual(["repaired s1/tasks/t1.json: its status in_progress became running"]);
  });

  test("the file that an artifact names is its file, whatever else begins like it", async () => {
    const root = folder({
      "s/artifacts/code_a.py": "of before",
      "s/artifacts/code_a.ts": "of now",
      "s/artifacts/code_a_meta.json": { id: "code_a", file: "code_a.ts" },
      "s/artifacts/pack_b.tar.gz": "packed",
      "s/artifacts/pack_b_meta.json": { id: "pack_b", file: "pack_b.tar.gz" },
      "s/artifacts/out_meta.json": { id: "out", file: "../session.json" },
    });
    const { found, whys } = await all(readAiWebhook(root));
    expect(found.map(({ id, fields }) => [id, fields.content])).toEqual([
      ["code_a", "of now"],
      ["out", undefined],
      ["pack_b", "packed"],
      ["code_a", "of before"],
    ]);
    expect(whys).toContain("remark s/artifacts/out_meta.json: its file is missing");
  });

  test("a record that names another session belongs to that of its folder, and that is told", async () => {
    const root = folder({
      "copy of s/session.json": { ...SESSION, session_id: "s" },
      "copy of s/memories/k.json": { key: "k", content: 1, session_id: "s" },
      "copy of s/memories/own.json": { key: "own", content: 1, session_id: "copy of s" },
    });
    const { found, whys } = await all(readAiWebhook(root));
    expect(found.map(({ kind, session, id }) => [kind, session, id])).toEqual([
      ["session", "copy of s", "copy of s"],
      ["memory", "copy of s", "k"],
      ["memory", "copy of s", "own"],
    ]);
    const why = 'inside it says that its session is "s"; that of its folder was taken: copy of s';
    expect(whys).toEqual([`remark copy of s/session.json: ${why}`, `remark copy of s/memories/k.json: ${why}`]);
  });

  test("keys that stand twice, numbers that are rounded, two spellings of a member: told", async () => {
    const root = folder({
      "s/memories/k.json": '{"key":"k","content":1,"content":2}',
      "s/memories/n.json": '{"key":"n","content":9007199254740993}',
      "s/memories/t.json": { key: "t", tag_list: 1, tagList: 2 },
      "s/extracted/ideas.json": '[{"key":"e","content":1,"content":2},{"key":null},{"key":{}}]',
    });
    const { found, whys } = await all(readAiWebhook(root));
    expect(found.map(({ id, fields }) => [id, fields])).toEqual([
      ["idea/e", { content: 2, type: "idea" }],
      ["k", { content: 2 }],
      ["n", { content: "9007199254740993" }],
      ["t", { tag_list: 1, tagList: 2 }],
    ]);
    const twice = "it held keys that stand more than once; the last value of each was taken";
    expect(whys.filter((why) => !why.includes("session.json"))).toEqual([
      `remark s/extracted/ideas.json: ${twice}`,
      "refused s/extracted/ideas.json#/1: it is no object with a key",
      "refused s/extracted/ideas.json#/2: it is no object with a key",
      `repaired s/memories/k.json: ${twice}`,
      "repaired s/memories/n.json: it held whole numbers that JSON would round; they were taken as text",
      "remark s/memories/t.json: it has both tag_list and tagList; tag_list was kept under its own name",
    ]);
  });

  test("what cannot be read is refused alone and told, and nothing is passed over in silence", async () => {
    const root = folder({
      "a/session.json": "{",
      "a/memories/cut.json": '{"key":',
      "a/memories/list.json": [],
      "a/memories/note.txt": "?",
      "a/memories/k.json": { content: "kept", timestamp: "yesterday" },
      "a/extracted/ideas.json": [{ content: "no key" }, 7],
      "a/extracted/facts.json": { no: "list" },
      "a/conversation/chunk_1.json": Buffer.of(0xff, 0xfe),
      "a/artifacts/raw_x.bin": Buffer.of(0xff),
      "a/artifacts/gone_y_meta.json": { id: "gone_y" },
      "a/whatever.log": "",
    });
    symlinkSync("/etc/passwd", join(root, "a", "tasks"));
    symlinkSync("/etc/passwd", join(root, "a", "memories", "link.json"));
    mkdirSync(join(root, "a", "memories", "folder.json"));
    const { found, report, whys } = await all(readAiWebhook(root));
    expect(found.map(({ kind, id, fields }) => [kind, id, fields.content])).toEqual([
      ["artifact", "gone_y", undefined],
      ["artifact", "raw_x", { base64: "/w==" }],
      ["memory", "k", "kept"],
    ]);
    expect([report.read, report.refused]).toEqual([12, 9]);
    const refused = whys.filter((why) => why.startsWith("refused")).map((why) => why.split(":")[0]);
    expect(refused.sort()).toEqual(
      [
        "a/conversation/chunk_1.json",
        "a/extracted/facts.json",
        "a/extracted/ideas.json#/0",
        "a/extracted/ideas.json#/1",
        "a/memories/cut.json",
        "a/memories/folder.json",
        "a/memories/link.json",
        "a/memories/list.json",
        "a/session.json",
      ].map((place) => `refused ${place}`),
    );
    const remarks = whys.filter((why) => why.startsWith("remark"));
    for (const place of [
      "a/memories/note.txt",
      "a/whatever.log",
      "a/tasks",
      "gone_y_meta.json",
      "raw_x.bin",
      "a/memories/k.json",
    ])
      expect(remarks.join("\n")).toContain(place);
  });

  test("secrets are replaced in every kind", async () => {
    const root = folder({
      "s1/session.json": { ...SESSION, context: "use ghp_0123456789abcdefghij" },
      "s1/tasks/t.json": { task_id: "t", status: "pending", data: { api_key: "sk-1", url: "https://u:pa55@h" } },
    });
    const { found, report } = await all(readAiWebhook(root));
    expect(JSON.stringify([found, report])).not.toMatch(/ghp_|sk-1|pa55/);
    expect(report.repaired).toBe(2);
  });

  test("a folder without sessions, and one that is not there, are errors", async () => {
    await expect(all(readAiWebhook(tempDir()))).rejects.toMatchObject({ code: "IMPORT_LAYOUT_UNKNOWN" });
    await expect(all(readAiWebhook(join(tempDir(), "none")))).rejects.toMatchObject({ code: "IMPORT_NOT_FOUND" });
  });
});

describe("Postgres", () => {
  async function database(sql: string): Promise<string> {
    const url = await freshPostgresUrl();
    const admin = await openAdmin(url);
    await admin.query(`CREATE SCHEMA ${schemaOf(url)}; SET search_path TO ${schemaOf(url)}; ${sql}`);
    return url;
  }

  test("every table is read; one that is missing is told", async () => {
    const url = await database(`
      CREATE TABLE sessions (id text PRIMARY KEY, title text, participants jsonb, status text, created timestamp, metadata jsonb);
      INSERT INTO sessions VALUES ('s1', 'T', '["ada"]', 'paused', '${AT}', '{"token":"secret"}');
      CREATE TABLE conversation_chunks (id serial, session_id text, chunk_id text, content text, start_time timestamptz);
      INSERT INTO conversation_chunks (session_id, chunk_id, content, start_time) VALUES ('s1', 'c1', 'hi', '2025-06-01 12:00+02');
      CREATE TABLE memories (session_id text, type text, key text, content jsonb, tags text[]);
      INSERT INTO memories VALUES ('s1', 'idea', 'k', '"text"', ARRAY['a','b']), ('s1', 'odd', 'k2', NULL, NULL);
      CREATE TABLE tasks (id text, session_id text, status text, priority int, input_data jsonb, claimed_at timestamp);
      INSERT INTO tasks VALUES ('t1', NULL, 'in_progress', 5, '{"n":1}', '${AT}'), (NULL, 's1', 'pending', 0, NULL, NULL);
      CREATE TABLE agents (name text, status text, capabilities jsonb, last_heartbeat timestamp);
      INSERT INTO agents VALUES ('a1', 'busy', '["x"]', 'infinity');`);
    const { found, report, whys } = await all(readAiWebhookPostgres(url));
    const schema = schemaOf(url);
    expect(found).toEqual([
      {
        kind: "session",
        repaired: true,
        session: "s1",
        id: "s1",
        fields: { title: "T", participants: ["ada"], status: "paused", created: UTC, metadata: { token: "***" } },
      },
      {
        kind: "chunk",
        session: "s1",
        id: "c1",
        fields: { id: 1, content: "hi", startTime: "2025-06-01T10:00:00.000Z" },
      },
      { kind: "memory", session: "s1", id: "k", fields: { type: "idea", content: "text", tags: ["a", "b"] } },
      { kind: "memory", session: "s1", id: "k2", fields: { type: "odd", content: null, tags: null } },
      {
        kind: "task",
        session: undefined,
        id: "t1",
        fields: { status: "running", priority: 5, inputData: { n: 1 }, claimedAt: UTC },
        repaired: true,
      },
      {
        kind: "agent",
        session: undefined,
        id: "a1",
        fields: { status: "busy", capabilities: ["x"], lastHeartbeat: "infinity" },
      },
    ]);
    expect(report).toMatchObject({ read: 7, refused: 1, repaired: 2 });
    expect(whys).toEqual([
      `repaired ${schema}.sessions row 1: metadata.token held a secret; it was replaced by ***`,
      expect.stringContaining(`remark ${schema}.memories row 2: its type "odd" is none of`),
      `repaired ${schema}.tasks row 1: its status in_progress became running`,
      `refused ${schema}.tasks row 2: it has no task_id or id`,
      "remark artifacts: there is no such table",
      expect.stringContaining('its last_heartbeat "infinity" is no time'),
    ]);
  });

  test("tables and columns in capitals are read as the others", async () => {
    const url = await database(`
      CREATE TABLE "Sessions" ("ID" text, "Title" text, "Completed_At" timestamp, "moodOf" text, mood_of text);
      INSERT INTO "Sessions" VALUES ('s1', 'T', '${AT}', 'good', 'bad');
      CREATE TABLE "Memories" ("Session_Id" text, "Key" text, "Content" jsonb, content text);
      INSERT INTO "Memories" VALUES ('s1', 'k', '1', 'other');`);
    const { found, whys } = await all(readAiWebhookPostgres(url));
    expect(found).toEqual([
      {
        kind: "session",
        session: "s1",
        id: "s1",
        fields: { title: "T", completedAt: UTC, moodOf: "good", mood_of: "bad" },
      },
      { kind: "memory", session: "s1", id: "k", fields: { Content: 1, content: "other" } },
    ]);
    expect(whys.filter((why) => !why.includes("there is no such table"))).toHaveLength(1);
  });

  test("sessions in another schema are told, not passed over", async () => {
    const url = await database("CREATE TABLE sessions (id text, title text)");
    const path = new URL(url);
    path.searchParams.delete("schema");
    path.searchParams.set("options", `-c search_path=${schemaOf(url)}`);
    const admin = await openAdmin(path.href);
    await admin.query(
      `CREATE SCHEMA ${schemaOf(url)}_b; CREATE TABLE ${schemaOf(url)}_b.sessions (id text, title text)`,
    );
    const { whys } = await all(readAiWebhookPostgres(path.href));
    expect(whys[0]).toMatch(`remark : only the tables beside ${schemaOf(url)}.sessions were read; `);
    expect((await all(readAiWebhookPostgres(url))).whys.every((why) => why.includes("no such table"))).toBe(true);
  });

  test("the database of another program is an error", async () => {
    const url = await database("CREATE TABLE sessions (session text)");
    await expect(all(readAiWebhookPostgres(url))).rejects.toMatchObject({ code: "IMPORT_LAYOUT_UNKNOWN" });
  });
});
