import { expect, onTestFinished, test, vi } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { BACKENDS, opened } from "../read-model/backends.js";

const TASKS = 30;
/** Of the second that is counted: in a long queue, a claim that asks all tasks takes as long. */
const CLAIM_MS = 100;

test("claims of a JSONL log come out of a window also where asking is so slow that they are few a second", async () => {
  const [, freshUrl] = BACKENDS[0] as (typeof BACKENDS)[number];
  const log = await opened(await freshUrl());
  const { tasks } = new CollaborativeSessions(log, { actor: "user:ada" });
  for (let i = 0; i < TASKS; i++) {
    await tasks.create(null, { agentName: "a", taskType: "x", taskId: `t${i}`, priority: i % 3 });
  }
  const asked = vi.spyOn(ReadModel.prototype, "take");
  let nowMs = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  onTestFinished(() => {
    for (const spy of [asked, clock]) spy.mockRestore();
  });
  const priorities: number[] = [];
  for (let i = 0; i < TASKS; i++) {
    nowMs += CLAIM_MS;
    const task = await tasks.claim("a", "worker-1");
    if (task === null) throw new Error("no task is handed out");
    priorities.push(task.priority);
    await tasks.complete(task.id, task.token ?? 0);
  }
  expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));
  expect(new Set((await tasks.list({ status: "completed", limit: TASKS })).documents).size).toBe(TASKS);
  expect(asked.mock.calls.length).toBeLessThan(TASKS / 3);
});
