import { collabAgents } from "../../projections/collab-agents.js";
import { collabArtifacts } from "../../projections/collab-artifacts.js";
import { collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories } from "../../projections/collab-memories.js";
import { collabSessions } from "../../projections/collab-sessions.js";
import { collabTasks } from "../../projections/collab-tasks.js";
import type { Projection } from "../../projections/projection.js";
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
 */
export async function refreshCollab(log: EventLog): Promise<number> {
  const offsets: number[] = [];
  for (const projection of MODELS) {
    const { offset } = await new ReadModel(log, projection).query({ limit: 1 });
    offsets.push(offset);
  }
  return Math.min(...offsets);
}
