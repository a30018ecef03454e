import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { BENCH_ACTOR } from "./events.js";
import type { Bench, Comparison } from "./measure.js";

const STARTS = 5;
const EVENTS = 10_000;
const SESSIONS = 1_000;

/** The commands as they are installed: bundled, a process each, against a Node that does nothing. */
export async function startupBench(folder: string, program: string): Promise<Bench> {
  const bare = async () => start(["-e", "0"]);
  const row = (name: string, atLeast: number, args: readonly string[]): Comparison => ({
    name: `Startup: ${name}`,
    peer: "node -e 0",
    durability: "a process each",
    unit: "starts/s",
    atLeast,
    amount: STARTS,
    ours: async () => start([program, ...args]),
    theirs: bare,
  });
  const comparisons = [row("--version", 0.5, ["--version"])];
  for (const url of [`jsonl:${join(folder, "startup.jsonl")}`, `sqlite:${join(folder, "startup.db")}`]) {
    await fill(url);
    const name = `session list, ${EVENTS.toLocaleString("en")} events, ${url.startsWith("jsonl") ? "JSONL" : "SQLite"}`;
    comparisons.push(row(name, 0.25, ["session", "list", "--limit", "30", "--store", url]));
  }
  return { comparisons, close: async () => undefined };
}

function start(args: readonly string[]): void {
  for (let i = 0; i < STARTS; i++) {
    const { status, stderr } = spawnSync(process.execPath, [...args], { stdio: ["ignore", "ignore", "pipe"] });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  }
}

/** Sessions that were changed ten times each; appended as many at a time as may be. */
async function fill(url: string): Promise<void> {
  const log = await openLog(url);
  const store = new SessionStore(log, { actor: BENCH_ACTOR.actor });
  const ids = Array.from({ length: SESSIONS }, (_, i) => `task#${i}`);
  await Promise.all(
    ids.map((session) => store.create({ session, repoName: "local/minsky", taskId: session, status: "CREATED" })),
  );
  for (let round = 1; round < EVENTS / SESSIONS; round++) {
    await Promise.all(
      ids.map((id) => store.update(id, { commitCount: round, lastCommitMessage: `change ${round} of ${id}` })),
    );
  }
  const { offset } = await log.tail();
  if (offset !== EVENTS) throw new Error(`${offset} events, not ${EVENTS}`);
  await log.close();
}
