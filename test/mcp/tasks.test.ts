import { beforeEach, describe, expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { openLog } from "../../src/open-log.js";
import { SHARED_STORES } from "../support/stores.js";
import { connected } from "./connected.js";

const TASKS = ["--toolset", "tasks", "--allow-write"];
const NAMES = [
  ...["list_tasks", "get_task", "create_task"],
  ...["claim_task", "report_task", "cancel_task", "requeue_tasks"],
];

async function filled(url: string): Promise<void> {
  const log = await openLog(url);
  const { sessions, tasks } = new CollaborativeSessions(log, { actor: "ada" });
  await sessions.create("auth");
  for (let i = 0; i < 5; i++) await tasks.create("auth", { taskId: `t${i}`, agentName: "claude", taskType: "review" });
  await log.close();
}

describe.each(SHARED_STORES)("tasks over %s", (_name, fresh) => {
  let url: string;
  beforeEach(async () => {
    url = await fresh();
    await filled(url);
  });

  test("an agent hands out work, another does it, and a third is told that it is cancelled", async () => {
    const { client, call } = await connected(url, ...TASKS);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(NAMES);
    const given = {
      session: "auth",
      task: "urgent",
      agent: "codex",
      type: "fix",
      input: { file: "a.ts" },
      priority: 9,
    };
    const created = await call("create_task", { ...given, reason: "it is red" });
    expect(created.data).toMatchObject({ offset: 7, task: { task: "auth/urgent", status: "pending", priority: 9 } });
    expect((await call("create_task", { agent: "codex", type: "fix" })).data.task.task).toMatch(/^\/?[0-9a-f-]{36}$/);
    const claimed = await call("claim_task", { agent: "codex" });
    expect(claimed.data.task).toMatchObject({ task: "auth/urgent", token: 2, input: { file: "a.ts" } });
    const got = await call("get_task", { task: "auth/urgent" });
    expect(got.data.task).toMatchObject({
      status: "claimed",
      input: { file: "a.ts" },
      lease_until: expect.any(String),
    });
    expect(got.data.task).not.toHaveProperty("token");
    expect((await call("get_task", { task: "auth/urgent", as_of: "7" })).data.task.status).toBe("pending");
    const cancelled = await call("cancel_task", { task: "auth/urgent", reason: "not needed" });
    expect(cancelled.data.task).toMatchObject({ status: "cancelled" });
    const late = await call("report_task", { task: "auth/urgent", token: 2, outcome: "completed" });
    expect([late.isError, late.text]).toEqual([true, expect.stringMatching(/^TASK_ENDED/)]);
    for (const { data, text } of [created, claimed, got, cancelled]) {
      expect(data.cli).toMatch(/^sessiondb collab task show /);
      expect(JSON.parse(text)).toEqual(data);
    }
  });

  test("pages of the queue show one state, though others go on working", async () => {
    const { call } = await connected(url, ...TASKS);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { data } = await call("list_tasks", {
        agent: "claude",
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(data).toMatchObject({ offset: 6, total: 5 });
      seen.push(...data.tasks.map(({ task, status }: { task: string; status: string }) => `${task} ${status}`));
      cursor = data.next_cursor;
      await call("claim_task", { agent: "claude" });
      await call("create_task", { session: "auth", agent: "claude", type: "x", priority: 5 });
    } while (cursor !== undefined);
    expect(seen).toEqual([0, 1, 2, 3, 4].map((i) => `auth/t${i} pending`));
    expect((await call("list_tasks", { status: "claimed" })).data.total).toBe(3);
  });

  test("what lost workers hold is given back", async () => {
    const log = await openLog(url);
    await new CollaborativeSessions(log, { actor: "lost" }).tasks.claim("claude", "lost", { leaseMs: 1 });
    await log.close();
    const { call } = await connected(url, ...TASKS);
    expect((await call("list_tasks", { status: "claimed" })).data.total).toBe(1);
    expect((await call("requeue_tasks")).data).toMatchObject({ requeued: 1 });
    expect((await call("requeue_tasks")).data).toMatchObject({ requeued: 0 });
    expect((await call("list_tasks", { status: "pending" })).data.total).toBe(5);
  });
});

test("errors are answers that name the next call, and nothing is written", async () => {
  const url = await (SHARED_STORES[0] as (typeof SHARED_STORES)[number])[1]();
  await filled(url);
  const reading = await connected(url, "--toolset", "tasks");
  expect((await reading.client.listTools()).tools.map(({ name }) => name)).toEqual(["list_tasks", "get_task"]);
  const { call } = await connected(url, ...TASKS);
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ["create_task", { session: "auth", task: "t1", agent: "claude", type: "x" }, /^TASK_EXISTS: .*\nnext: /],
    ["create_task", { session: "nope", agent: "claude", type: "x" }, /^COLLAB_SESSION_NOT_FOUND/],
    ["create_task", { agent: "a/b", type: "x" }, /^COLLAB_ID_INVALID/],
    ["create_task", { agent: "a", type: "x", input: "x".repeat(1_100_000) }, /^CONTENT_TOO_LARGE/],
    ["get_task", { task: "auth/nope" }, /^TASK_NOT_FOUND: .*\nnext: .*call list_tasks/],
    ["get_task", { task: "../x" }, /^COLLAB_ID_INVALID/],
    ["cancel_task", { task: "auth/nope", reason: "x" }, /^TASK_NOT_FOUND/],
    ["list_tasks", { cursor: "xyz" }, /^CURSOR_INVALID/],
    ["list_tasks", { as_of: "99" }, /^POINT_OUTSIDE/],
  ];
  for (const [name, args, expected] of cases) {
    const { isError, text } = await call(name, args);
    expect.soft(text).toMatch(expected);
    expect.soft([name, isError]).toEqual([name, true]);
  }
  expect((await call("list_tasks")).data.offset).toBe(6);
});
