import { describe, expect, test } from "vitest";
import { Agents } from "../../src/collab/agents.js";
import { CollabLog } from "../../src/collab/collab-log.js";
import { TaskQueue } from "../../src/collab/task-queue.js";
import { BACKENDS, opened } from "../read-model/backends.js";

const ROUNDS = 25;
const PRIORITIES = [0, 1, 2, 3];

describe.each(BACKENDS)("%s", (_name, fresh) => {
  test("an agent that may hold one task gets the most urgent, however many ask for it at once", async () => {
    const url = await fresh();
    const collabs = await Promise.all([1, 2].map(async () => new CollabLog(await opened(url), { actor: "user:test" })));
    const queues = collabs.map((collab) => new TaskQueue(collab));
    for (let round = 0; round < ROUNDS; round++) {
      const agent = `a${round}`;
      await new Agents(collabs[0] as CollabLog).register(agent, { type: "x", maxConcurrent: 1 });
      for (const priority of PRIORITIES) {
        await queues[0]?.create(null, { agentName: agent, taskType: "x", priority });
      }
      const asked = queues.flatMap((queue) => [1, 2, 3].map(() => queue.claim(agent, "w")));
      const claimed = (await Promise.all(asked)).filter((task) => task !== null);
      expect(claimed.map(({ priority }) => priority)).toEqual([3]);
    }
  });
});
