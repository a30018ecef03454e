import { expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { erase } from "../../src/erasure/erase.js";
import { collabSummary } from "../../src/inspect/collab-summary.js";
import { BACKENDS, opened } from "../read-model/backends.js";
import { fc } from "../support/fast-check.js";

const act = fc.record({
  kind: fc.constantFrom("chunk" as const, "memory" as const, "artifact" as const, "task" as const),
  key: fc.nat({ max: 3 }),
  isErased: fc.boolean(),
});
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

async function write({ chunks, memories, artifacts, tasks }: CollaborativeSessions, { kind, key }: Act, i: number) {
  if (kind === "chunk") await chunks.add("s", `c${i}`, { content: "x" });
  else if (kind === "memory") await memories.set("s", `k${key}`, { type: "fact", content: i });
  else if (kind === "artifact") await artifacts.save("s", `a${key}`, { content: `${i}`, type: "code", name: "n" });
  else await tasks.create("s", { taskId: `t${i}`, agentName: "a", taskType: "x" });
}

async function assertCounted(store: CollaborativeSessions): Promise<void> {
  const { session, chunksByFormat, memoriesByType, tasksByStatus } = await collabSummary(store.log, "s");
  const { chunkCount, memoryCount, artifactCount, taskCount } = session;
  const listed = {
    chunkCount: (await store.chunks.list("s", { total: true })).total,
    memoryCount: (await store.memories.list("s", { total: true })).total,
    artifactCount: (await store.artifacts.list("s", { total: true })).total,
    taskCount: (await store.tasks.list({ session: "s", total: true })).total,
  };
  expect({ chunkCount, memoryCount, artifactCount, taskCount }).toEqual(listed);
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
  expect([sum(chunksByFormat), sum(memoriesByType), sum(tasksByStatus)]).toEqual([chunkCount, memoryCount, taskCount]);
}

test.each(BACKENDS)(
  "%s: counters equal what they count, whatever was erased and written after it",
  {
    timeout: 240_000,
  },
  async (_name, fresh) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 1, maxLength: 12 }),
        fc.array(act, { maxLength: 4 }),
        async (before, after) => {
          const store = new CollaborativeSessions(await opened(await fresh()), { actor: "ada" });
          await store.sessions.create("s");
          for (const [i, one] of before.entries()) await write(store, one, i);
          await assertCounted(store);
          const events = before.flatMap(({ isErased }, i) => (isErased ? [i + 2] : []));
          if (events.length > 0) await erase(store.log, { events });
          await assertCounted(store);
          for (const [i, one] of after.entries()) await write(store, one, before.length + i);
          await assertCounted(store);
        },
      ),
      { numRuns: 4, seed: 41 },
    );
  },
);
