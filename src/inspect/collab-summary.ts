import { collabChunks } from "../../projections/collab-chunks.js";
import { CHUNK_FORMATS, MEMORY_TYPES, TASK_STATUSES } from "../../projections/collab-events.js";
import { collabMemories } from "../../projections/collab-memories.js";
import { type CollabSession, collabSessions } from "../../projections/collab-sessions.js";
import { collabTasks } from "../../projections/collab-tasks.js";
import type { Projection } from "../../projections/projection.js";
import { NotFoundError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { ReadModel } from "../replay/read-model/read-model.js";

/** A session with its counters, and what they are made of. Only what is there is named. */
export interface CollabSummary {
  readonly session: CollabSession;
  readonly chunksByFormat: Readonly<Record<string, number>>;
  readonly memoriesByType: Readonly<Record<string, number>>;
  readonly tasksByStatus: Readonly<Record<string, number>>;
}

/** Now, or as it was after an offset (inclusive). @throws NotFoundError COLLAB_SESSION_NOT_FOUND */
export async function collabSummary(
  log: EventLog,
  session: string,
  options: { readonly asOf?: number } = {},
): Promise<CollabSummary> {
  assertLog(log);
  const found = await new ReadModel(log, collabSessions).get(session, options);
  if (found === null) throw noCollabSession(session);
  const count = counterOf(log, session, options);
  return {
    session: found,
    chunksByFormat: await count(collabChunks, "format", CHUNK_FORMATS),
    memoriesByType: await count(collabMemories, "type", [...MEMORY_TYPES, "general"]),
    tasksByStatus: await count(collabTasks, "status", TASK_STATUSES),
  };
}

type Count = <D extends object>(
  projection: Projection<D>,
  field: string,
  values: readonly string[],
) => Promise<Record<string, number>>;

function counterOf(log: EventLog, session: string, options: { readonly asOf?: number }): Count {
  return async (projection, field, values) => {
    const model = new ReadModel(log, projection);
    const counts: [string, number][] = [];
    for (const value of values) {
      const query = { where: { session_id: session, [field]: value }, limit: 1, total: true };
      const { total = 0 } = await model.query(query, options);
      if (total > 0) counts.push([value, total]);
    }
    return Object.fromEntries(counts);
  };
}

export function noCollabSession(session: string): NotFoundError {
  const message = `there is no collaborative session ${JSON.stringify(session)}`;
  return new NotFoundError("COLLAB_SESSION_NOT_FOUND", message, { hint: "see: sessiondb collab list --all" });
}
