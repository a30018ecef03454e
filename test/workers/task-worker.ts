/**
 * Claimers of one process: each claims a task, starts it and completes it, until no task is open any more. Prints a line
 * with the task's id for each claim, and one for each task that it completed.
 *
 * Arguments: url name claimers leaseMs
 */
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { SessionDbError } from "../../src/errors.js";
import { openLog } from "../../src/open-log.js";

const [url = "", name = "w", claimers = "1", leaseMs = "1000"] = process.argv.slice(2);
const log = await openLog(url);
const { tasks } = new CollaborativeSessions(log);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** @returns false where nothing could be claimed */
async function doOne(worker: string): Promise<boolean> {
  const task = await tasks.claim("agent", worker, { leaseMs: Number(leaseMs) });
  if (task === null) return false;
  say({ claimed: task.id });
  const token = task.token as number;
  try {
    await tasks.start(task.id, token, { leaseMs: Number(leaseMs) });
    await tasks.complete(task.id, token, { output: { by: worker, token } });
    say({ completed: task.id });
  } catch (error) {
    // A machine that was too slow for the lease: somebody else has it now.
    if (!(error instanceof SessionDbError) || !["LEASE_LOST", "TASK_ENDED"].includes(error.code)) throw error;
  }
  return true;
}

async function isAnyOpen(): Promise<boolean> {
  for (const status of ["pending", "claimed", "running"] as const) {
    if ((await tasks.list({ status, limit: 1 })).documents.length > 0) return true;
  }
  return false;
}

async function work(worker: string): Promise<void> {
  for (;;) {
    if (await doOne(worker)) continue;
    if (!(await isAnyOpen())) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

await Promise.all(Array.from({ length: Number(claimers) }, (_, i) => work(`${name}.${i}`)));
await log.close();
