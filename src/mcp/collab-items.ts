import type { ConversationChunk } from "../../projections/collab-chunks.js";
import type { Memory } from "../../projections/collab-memories.js";
import type { CollabSession } from "../../projections/collab-sessions.js";
import type { Task } from "../../projections/collab-tasks.js";
import { clipToFit, itemsThatFit } from "./clip.js";

/** Of a list of participants, so that one session does not fill a page. */
const MAX_PARTICIPANTS = 20;

export function sessionItem(session: CollabSession) {
  const { id, title, participants, status, created, lastActivity, lastActor, lastOffset } = session;
  const { chunkCount, memoryCount, taskCount, artifactCount } = session;
  return {
    ...{ session: id, title, status, participants: participants.slice(0, MAX_PARTICIPANTS) },
    ...{ created, last_activity: lastActivity, last_actor: lastActor, last_offset: lastOffset },
    ...{ chunks: chunkCount, memories: memoryCount, tasks: taskCount, artifacts: artifactCount },
  };
}

export function memoryItem({ key, type, content, tags, created, updated, actor, version, lastOffset }: Memory) {
  return { key, type, content, tags, created, updated, actor, version, offset: lastOffset };
}

export function chunkItem(chunk: ConversationChunk) {
  const { chunkId, format, startTime, endTime, participants, extractedItems, created, actor, chars } = chunk;
  return {
    ...{ chunk: chunkId, format, created, actor, participants, chars },
    ...(startTime === null ? {} : { started: startTime }),
    ...(endTime === null ? {} : { ended: endTime }),
    ...(extractedItems === null ? {} : { extracted: extractedItems }),
    offset: chunk.contentOffset,
  };
}

export function taskItem(task: Task) {
  const { id, agentName, taskType, status, priority, claimedBy, attempts, maxAttempts, readyAt, created } = task;
  return {
    ...{ task: id, agent: agentName, type: taskType, status, priority, attempts, max_attempts: maxAttempts, created },
    ...(task.token === null ? { ready_at: readyAt } : { claimed_by: claimedBy, lease_until: readyAt }),
    ...(task.error === null ? {} : { error: task.error }),
  };
}

/** To who has claimed it: also its token. */
export function toldTask(task: Task) {
  return detailed(task, { token: task.token });
}

/** To others. */
export function taskDetails(task: Task) {
  return detailed(task, {});
}

/** With what is to be done and what came of it, cut where that is too long for an answer. */
function detailed(task: Task, more: { readonly token?: number | null }) {
  const { input, output, artifacts } = task;
  const all = [{ ...taskItem(task), ...more, input, ...(output === null ? {} : { output, artifacts }) }];
  const { value, clipped } = clipToFit(all) ?? itemsThatFit(all);
  return { task: value[0], clipped };
}
