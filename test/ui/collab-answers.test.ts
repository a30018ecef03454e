import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import type {
  ArtifactsAnswer,
  ChunksAnswer,
  CollabAnswer,
  CollabChangesAnswer,
  CollabContentAnswer,
  CollabsAnswer,
  MemoriesAnswer,
  TasksAnswer,
} from "../../src/ui-server/answers.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { writeCollabStory } from "./collab-story.js";
import { openUi } from "./ui-fixture.js";

const parts = (kind: string, at: number) => `/api/collab-parts?session=login&kind=${kind}&at=${at}`;

test("at every offset the lists are those of the library as of that offset", async () => {
  const log = await openLog(`sqlite:${join(tempDir(), "s.db")}`);
  cleanUp(() => log.close());
  const collab = await writeCollabStory(log);
  const { get } = await openUi(log);
  const { offset: tail } = await log.tail();
  for (let asOf = 1; asOf <= tail; asOf++) {
    const { found } = await get<CollabAnswer>(`/api/collab?session=login&at=${asOf}`);
    const session = await collab.sessions.get("login", { asOf });
    const { chunkCount: chunk, memoryCount: memory, taskCount: task, artifactCount: artifact } = session;
    expect([found?.lastOffset, found?.counts, found?.state?.status]).toEqual([
      ...[session.lastOffset, { chunk, memory, task, artifact }, session.status],
    ]);
    const chunks = await get<ChunksAnswer>(parts("chunk", asOf));
    const spoken = (await collab.chunks.list("login", { asOf })).documents;
    expect(chunks.rows.map(({ key, preview }) => [key, preview]).reverse()).toEqual(
      spoken.map(({ chunkId, preview }) => [chunkId, preview]),
    );
    const memories = await get<MemoriesAnswer>(parts("memory", asOf));
    const known = (await collab.memories.list("login", { asOf })).documents;
    expect(memories.rows.map(({ key, version, actor, type }) => [key, version, actor, type])).toEqual(
      known.map(({ key, version, actor, type }) => [key, version, actor, type]),
    );
    const tasks = await get<TasksAnswer>(parts("task", asOf));
    const queued = (await collab.tasks.list({ session: "login", asOf })).documents;
    const told = ({ status, claimedBy, attempts, readyAt }: (typeof queued)[number] | (typeof tasks.rows)[number]) =>
      JSON.stringify([status, claimedBy, attempts, readyAt]);
    expect(tasks.rows.map(told).sort()).toEqual(queued.map(told).sort());
    const artifacts = await get<ArtifactsAnswer>(parts("artifact", asOf));
    const made = (await collab.artifacts.list("login", { asOf })).documents;
    expect(artifacts.rows.map(({ key, version, preview }) => [key, version, preview])).toEqual(
      made.map(({ artifactId, version, preview }) => [artifactId, version, preview]),
    );
  }
});

test("before its first event a session is not there, and of no session there are no parts", async () => {
  const log = new MemoryLog();
  await writeCollabStory(log);
  const { get, failure } = await openUi(log);
  expect((await get<CollabAnswer>("/api/collab?session=login&at=0")).found).toBeNull();
  expect((await get<CollabsAnswer>("/api/collabs?at=0")).total).toBe(0);
  expect((await get<ChunksAnswer>("/api/collab-parts?session=other&kind=chunk")).total).toBe(0);
  expect((await get<CollabsAnswer>("/api/collabs?text=LOG")).rows.map(({ session }) => session)).toEqual(["login"]);
  expect(await failure("/api/collab?session=login&at=99")).toEqual({ status: 404, code: "POINT_OUTSIDE" });
  expect(await failure("/api/collab-parts?session=login&kind=agent")).toEqual({
    status: 400,
    code: "ARGUMENT_INVALID",
  });
  expect(await failure("/api/collab-content?at=4")).toEqual({ status: 404, code: "EVENT_NOT_FOUND" });
});

test("earlier values come newest first, only those of then; texts are fetched by their event", async () => {
  const log = new MemoryLog();
  await writeCollabStory(log);
  const { get } = await openUi(log);
  const values = (at: number) =>
    get<CollabChangesAnswer>(`/api/collab-changes?session=login&kind=memory&key=db&at=${at}`);
  expect((await values(13)).changes.map(({ offset, text, reason }) => [offset, text, reason])).toEqual([
    [7, '{"use":"Postgres"}', "two machines"],
    [3, "use SQLite", null],
  ]);
  expect((await values(6)).changes.map(({ offset }) => offset)).toEqual([3]);
  expect((await values(2)).changes).toEqual([]);
  const { text, chars } = await get<CollabContentAnswer>("/api/collab-content?at=2");
  expect([text?.slice(-7), chars]).toEqual(["the end", text?.length]);
});

test("very long texts are cut and say how long they are; a page of them is bounded and goes on", async () => {
  const log = new MemoryLog();
  const collab = await writeCollabStory(log);
  const long = "🚀".repeat(2_000_000); // 8 MiB less a little
  for (let i = 0; i < 6; i++) await collab.chunks.add("login", `long-${i}`, { content: long });
  await collab.memories.set("login", "long", { type: "fact", content: long.slice(0, 1_000_000) });
  const { get } = await openUi(log);
  const whole = await get<CollabContentAnswer>("/api/collab-content?at=14");
  expect([whole.text?.length, whole.chars]).toEqual([200_000, 4_000_000]);
  const [memory] = (await get<MemoriesAnswer>(parts("memory", 20))).rows;
  expect([memory?.text.length, memory?.chars]).toEqual([2_000, 1_000_000]);
  const keys: string[] = [];
  for (let skip: number | null = 0; skip !== null; ) {
    const page: ChunksAnswer = await get<ChunksAnswer>(`${parts("chunk", 20)}&skip=${skip}`);
    expect(page.rows.length).toBeLessThan(6);
    keys.push(...page.rows.map(({ key }) => key));
    skip = page.next;
  }
  expect(keys).toEqual(["long-5", "long-4", "long-3", "long-2", "long-1", "long-0", "c2", "c1"]);
});

test("what others wrote into such streams is counted as unreadable, and takes nothing else away", async () => {
  const log = new MemoryLog();
  await writeCollabStory(log);
  const write = (stream: string, type: string, data: object) =>
    log.append({ stream, events: [{ type, data }] }, { actor: "x" });
  await write("collabchunk-login/odd", "chunk.added", { content: 7 });
  await write("collabmemory-login/db", "memory.set", { nothing: true });
  await write("collabmemory-login/", "something.else", {});
  await write("collabartifact-/", "artifact.saved", {});
  await write("collab-half", "collab.created", { title: null });
  await write("collabtask-orphan/t", "task.created", {});
  const { get } = await openUi(log);
  const chunks = await get<ChunksAnswer>("/api/collab-parts?session=login&kind=chunk");
  expect([chunks.rows.length, chunks.unreadable, chunks.total]).toEqual([2, 1, 3]);
  const memories = await get<MemoriesAnswer>("/api/collab-parts?session=login&kind=memory");
  expect(memories.rows.map(({ key, text, lastOffset }) => [key, text, lastOffset])).toEqual([
    ["db", '{"use":"Postgres"}', 7],
  ]);
  const { rows } = await get<CollabsAnswer>("/api/collabs");
  expect(rows.map(({ session, state }) => [session, state?.title])).toEqual([
    ["orphan", undefined],
    ["half", undefined],
    ["login", "A new login"],
  ]);
  expect((await get<CollabContentAnswer>("/api/collab-content?at=14")).text).toBeNull();
});
