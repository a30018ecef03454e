import { collabAgents } from "../../projections/collab-agents.js";
import { collabArtifacts } from "../../projections/collab-artifacts.js";
import { collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories } from "../../projections/collab-memories.js";
import { collabSessions } from "../../projections/collab-sessions.js";
import { collabTasks } from "../../projections/collab-tasks.js";
import type { Projection } from "../../projections/projection.js";
import { UsageError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { ReadModel } from "../replay/read-model/read-model.js";

/** Sessions last: the views that stand on several of them find the others. */
const MODELS = [
  collabChunks,
  collabMemories,
  collabTasks,
  collabArtifacts,
  collabAgents,
  collabSessions,
] as unknown as readonly Projection<object>[];

/**
 * Brings the tables and views that SQL tools read up to the log. (Readers of this library need not: each does it for what
 * it asks.)
 *
 * @returns the offset that all of them have reached at least
 * @throws UsageError PERMISSION_DENIED where they may not be written, as by a role that only appends or at a standby; those
 *   before the first one that may not are brought up
 */
export async function refreshCollab(log: EventLog): Promise<number> {
  assertLog(log);
  const offsets: number[] = [];
  for (const projection of MODELS) {
    const model = new ReadModel(log, projection);
    // A reader would answer all the same, from memory: here the table itself is what was asked for.
    if (model.kind === "table" && !(await model.catchUp())) throw mayNotWrite(log, projection.name);
    offsets.push((await model.query({ limit: 1 })).offset);
  }
  return Math.min(...offsets);
}

function mayNotWrite({ url }: EventLog, name: string): UsageError {
  const message = `${url}: the tables of ${name} may not be written here, so SQL tools do not see what came since`;
  return new UsageError("PERMISSION_DENIED", message, {
    hint: "let the owner of the tables do it, at the primary server: sessiondb collab refresh",
  });
}
