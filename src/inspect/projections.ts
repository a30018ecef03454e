import { collabAgents } from "../../projections/collab-agents.js";
import { collabArtifacts } from "../../projections/collab-artifacts.js";
import { collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories } from "../../projections/collab-memories.js";
import { collabSessions } from "../../projections/collab-sessions.js";
import { collabTasks } from "../../projections/collab-tasks.js";
import { marks } from "../../projections/marks.js";
import type { Projection } from "../../projections/projection.js";
import { sessions } from "../../projections/sessions.js";
import { storeSettings } from "../../projections/store-settings.js";
import { webSessions } from "../../projections/web-sessions.js";
import { NotFoundError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import type { Fault } from "../log/read-model-tables.js";
import type { ModelCheck, OnProgress } from "../replay/read-model/model-engine.js";
import { ReadModel } from "../replay/read-model/read-model.js";

/** The projections of this program. They have nothing in common but their form, which is all that is asked of them here. */
export const PROJECTIONS = [
  sessions,
  storeSettings,
  marks,
  webSessions,
  collabSessions,
  collabChunks,
  collabMemories,
  collabTasks,
  collabArtifacts,
  collabAgents,
] as unknown as readonly Projection<object>[];

/** How far the stored documents of one projection are. Nothing is caught up to answer this. */
export interface ProjectionState {
  readonly name: string;
  readonly revision: number;
  /** Where the documents are kept. */
  readonly kind: "table" | "memory";
  /** The last event that is in them; 0 where nothing is stored yet. */
  readonly offset: number;
  /** How many events of the log are not: the next reader catches them up. */
  readonly behind: number;
  readonly documents: number;
  /** The event at which the projection failed. */
  readonly fault?: Fault;
}

export interface ProjectionCheck extends ModelCheck {
  readonly name: string;
}

/** States of all projections, at the tail of the log that is given with them. */
export async function projectionStates(log: EventLog): Promise<{ offset: number; items: ProjectionState[] }> {
  assertLog(log);
  const { offset: tail } = await log.tail();
  const states = PROJECTIONS.map(async (projection) => {
    const model = new ReadModel(log, projection);
    const { offset, documents, fault } = await model.state();
    const { name, revision } = projection;
    const state = { name, revision, kind: model.kind, offset, behind: Math.max(0, tail - offset), documents };
    return fault === undefined ? state : { ...state, fault };
  });
  return { offset: tail, items: await Promise.all(states) };
}

/**
 * Compares what is stored with a fresh fold of the log, one projection after the other.
 *
 * @param names all of them where it is empty. @throws NotFoundError PROJECTION_NOT_FOUND
 */
export async function checkProjections(log: EventLog, names: readonly string[]): Promise<ProjectionCheck[]> {
  assertLog(log);
  const checks: ProjectionCheck[] = [];
  for (const projection of projectionsNamed(names)) {
    checks.push({ name: projection.name, ...(await new ReadModel(log, projection).check()) });
  }
  return checks;
}

/** Folds the log anew and puts the result in place of what is stored. As checkProjections. */
export async function rebuildProjections(
  log: EventLog,
  names: readonly string[],
  onProgress?: (name: string) => OnProgress,
): Promise<ProjectionState[]> {
  assertLog(log);
  const projections = projectionsNamed(names);
  for (const projection of projections) await new ReadModel(log, projection).rebuild(onProgress?.(projection.name));
  const rebuilt = projections.map(({ name }) => name);
  return (await projectionStates(log)).items.filter(({ name }) => rebuilt.includes(name));
}

function projectionsNamed(names: readonly string[]): readonly Projection<object>[] {
  for (const name of names) {
    if (PROJECTIONS.some((projection) => projection.name === name)) continue;
    throw new NotFoundError("PROJECTION_NOT_FOUND", `there is no projection ${JSON.stringify(name)}`, {
      hint: `projections: ${PROJECTIONS.map((projection) => projection.name).join(", ")}`,
    });
  }
  return names.length === 0 ? PROJECTIONS : PROJECTIONS.filter(({ name }) => names.includes(name));
}
