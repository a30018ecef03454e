import { type ConversationChunk, collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories, type Memory } from "../../projections/collab-memories.js";
import { collabTasks, type Task } from "../../projections/collab-tasks.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { type CollabSummary, collabSummary } from "./collab-summary.js";

/** What somebody needs to know who joins a session. */
export interface CollabOverview extends CollabSummary {
  /** Pending, claimed and running ones in the order of the queue: highest priority first, then oldest. */
  readonly openTasks: readonly Task[];
  /** The last written first. */
  readonly newestMemories: readonly Memory[];
  /** Without texts, the last said first. */
  readonly newestChunks: readonly ConversationChunk[];
}

export interface CollabOverviewOptions {
  /** Offset, inclusive: as it was then. Default now. */
  readonly asOf?: number;
  /** Of each list at most so many: 1 to 1,000; default 10. */
  readonly limit?: number;
}

/** @throws NotFoundError COLLAB_SESSION_NOT_FOUND; UsageError QUERY_INVALID for a limit that is none */
export async function collabOverview(
  log: EventLog,
  session: string,
  { limit = 10, ...at }: CollabOverviewOptions = {},
): Promise<CollabOverview> {
  assertLog(log);
  const summary = await collabSummary(log, session, at);
  const where = { session_id: session };
  const newest = (field: string) => ({ where, orderBy: [{ field, direction: "desc" }], limit }) as const;
  const tasks = {
    where: { ...where, status: { in: ["pending", "claimed", "running"] } },
    orderBy: [{ field: "priority", direction: "desc" }, { field: "created_offset" }],
    limit,
  } as const;
  return {
    ...summary,
    openTasks: (await new ReadModel(log, collabTasks).query(tasks, at)).documents,
    newestMemories: (await new ReadModel(log, collabMemories).query(newest("updated"), at)).documents,
    newestChunks: (await new ReadModel(log, collabChunks).query(newest("created"), at)).documents,
  };
}
