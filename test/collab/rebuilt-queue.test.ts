import { expect, test } from "vitest";
import { collabTasks } from "../../projections/collab-tasks.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { SHARED_STORES } from "../support/stores.js";

test.each(SHARED_STORES)(
  "a queue goes on after somebody else has rebuilt its tables, over %s",
  async (_name, fresh) => {
    const url = await fresh();
    const logs = [await openLog(url), await openLog(url)] as const;
    const [{ tasks }] = logs.map((log) => new CollaborativeSessions(log, { actor: "ada" })) as [CollaborativeSessions];
    for (const taskId of ["a", "b", "c"]) await tasks.create(null, { taskId, agentName: "claude", taskType: "x" });
    expect((await tasks.claim("claude", "w"))?.taskId).toBe("a");
    await new ReadModel(logs[1], collabTasks).rebuild();
    expect((await tasks.claim("claude", "w"))?.taskId).toBe("b");
    await new ReadModel(logs[1], collabTasks).rebuild();
    expect((await tasks.claim("claude", "w"))?.taskId).toBe("c");
    expect(await tasks.claim("claude", "w")).toBeNull();
    for (const log of logs) await log.close();
  },
);
