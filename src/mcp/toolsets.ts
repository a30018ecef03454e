import type { Tool } from "./tool.js";
import { addChunk } from "./tools/add-chunk.js";
import { addMark } from "./tools/add-mark.js";
import { addMemory } from "./tools/add-memory.js";
import { appendEvent } from "./tools/append-event.js";
import { auditTrail } from "./tools/audit.js";
import { bisectSession } from "./tools/bisect-session.js";
import { blameField } from "./tools/blame-field.js";
import { cancelTask } from "./tools/cancel-task.js";
import { claimTask } from "./tools/claim-task.js";
import { createSession } from "./tools/create-session.js";
import { createTask } from "./tools/create-task.js";
import { diffSession } from "./tools/diff-session.js";
import { getCollabSession } from "./tools/get-collab-session.js";
import { getPoint } from "./tools/get-point.js";
import { getSession } from "./tools/get-session.js";
import { getTask } from "./tools/get-task.js";
import { listCollabSessions } from "./tools/list-collab-sessions.js";
import { listSessions } from "./tools/list-sessions.js";
import { listTasks } from "./tools/list-tasks.js";
import { readConversation } from "./tools/read-conversation.js";
import { readLog } from "./tools/read-log.js";
import { reportTask } from "./tools/report-task.js";
import { requeueTasks } from "./tools/requeue-tasks.js";
import { revertEvent } from "./tools/revert-event.js";
import { searchCollab } from "./tools/search-collab.js";
import { updateSession } from "./tools/update-session.js";

/** Five to eight tools each: with more, models choose worse. */
const TOOLSETS = {
  read: [listSessions, getSession, readLog, diffSession, getPoint],
  audit: [readLog, diffSession, blameField, bisectSession, auditTrail, getPoint],
  write: [createSession, updateSession, appendEvent, addMark, revertEvent],
  collab: [
    ...[listCollabSessions, getCollabSession, searchCollab, readConversation],
    ...[addMemory, addChunk, claimTask, reportTask],
  ],
  tasks: [listTasks, getTask, createTask, claimTask, reportTask, cancelTask, requeueTasks],
} as const satisfies Record<string, readonly Tool[]>;

export type Toolset = keyof typeof TOOLSETS;

export const TOOLSET_NAMES = Object.keys(TOOLSETS) as readonly Toolset[];

/** Each tool once, those that read first. Without `allowWrite` no tool that changes anything is in it. */
export function toolsOf(names: readonly Toolset[], allowWrite: boolean): readonly Tool[] {
  const asked = new Set(names.flatMap((name): readonly Tool[] => TOOLSETS[name]));
  return [...asked].filter(({ effect }) => effect === "reads" || allowWrite);
}
