import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import type { EventLog } from "../../src/log/event-log.js";

/** A collaborative session whose every event is known. */
export async function writeCollabStory(
  log: EventLog,
  now: () => Date = () => new Date(),
): Promise<CollaborativeSessions> {
  const collab = new CollaborativeSessions(log, { actor: "user:ada", now });
  const [ada, claude] = [{ actor: "user:ada" }, { actor: "agent:claude" }];
  const people = ["ada", "agent:claude"];
  await collab.sessions.create("login", { title: "A new login", participants: people }, ada); // 1
  const said = `ada: shall we use SQLite? ${"We should think about it. ".repeat(40)}the end`;
  await collab.chunks.add("login", "c1", { content: said, participants: people }, ada); // 2
  await collab.memories.set("login", "db", { type: "decision", content: "use SQLite", tags: ["storage"] }, ada); // 3
  await collab.tasks.create("login", { taskId: "review", agentName: "claude", taskType: "review", priority: 5 }); // 4
  await collab.tasks.create("login", { taskId: "docs", agentName: "claude", taskType: "write" }); // 5
  const task = await collab.tasks.claim("claude", "agent:claude", { leaseMs: 600_000 }); // 6
  await collab.memories.set(...(["login", "db", { type: "decision", content: { use: "Postgres" } }] as const), {
    ...claude,
    reason: "two machines",
  }); // 7
  await collab.tasks.start(task?.id ?? "", task?.token ?? 0, { leaseMs: 600_000 }); // 8
  await collab.artifacts.save("login", "docs/plan.md", { content: "# Plan one", format: "md" }, claude); // 9
  await collab.tasks.complete(task?.id ?? "", task?.token ?? 0, { output: { ok: true } }); // 10
  await collab.artifacts.save("login", "docs/plan.md", { content: "# Plan two", format: "md" }, claude); // 11
  await collab.chunks.add("login", "c2", { content: "claude: done", format: "summary" }, claude); // 12
  await collab.sessions.complete("login", ada); // 13
  return collab;
}
