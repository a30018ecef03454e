import { UsageError } from "../src/errors.js";
import { applyPatch, applyPatchTo, type PatchOp } from "./json-patch.js";
import { defineProjection, type FoldEvent, type UpcastShape } from "./projection.js";
import { isSessionEventType, SESSION_SCHEMA, type SessionEventType, sessionDataFault } from "./session-events.js";
import type { StoredRecord } from "./session-record.js";

export const SESSION_CATEGORY = "session";

/** A document does not grow with what is wrong in its log. */
const MAX_FAULTS = 20;

/** A session's record, and what the log knows about it. */
export interface SessionDocument {
  readonly id: string;
  /** Exactly what was written. Of a deleted session: as it was last. */
  record: StoredRecord;
  /** Of the stream, at the last event. */
  version: number;
  createdOffset: number;
  lastOffset: number;
  updatedAt: string;
  lastActor: string;
  deleted: { offset: number; at: string; actor: string } | null;
  /** Events that do not fit and were passed over, the last MAX_FAULTS of them: written by other means, or after redaction. */
  faults: Array<{ offset: number; why: string }>;
  /** How many there were in all. */
  faultCount: number;
}

/** @throws UsageError SESSION_ID_INVALID for what is no text: `undefined` would be the session of that name */
export function sessionStream(id: string): string {
  if (typeof id !== "string") throw notAnId(id);
  return `${SESSION_CATEGORY}-${id}`;
}

function notAnId(id: unknown): UsageError {
  return new UsageError("SESSION_ID_INVALID", `${id === null ? "null" : typeof id} is no id for a session`, {
    hint: "take 1 to 512 bytes of text without control characters, such as task#064",
  });
}

export function sessionIdOf(stream: string): string | undefined {
  return stream.startsWith(`${SESSION_CATEGORY}-`) ? stream.slice(SESSION_CATEGORY.length + 1) : undefined;
}

/** Fields of the record that a search looks at, besides the id. */
const SEARCHED = [
  "shortId",
  "repoName",
  "repoUrl",
  "branch",
  "taskId",
  "title",
  "description",
  "lastCommitMessage",
  "agentId",
];

export const sessions = defineProjection<SessionDocument>({
  name: "sessions",
  revision: 2,
  idOf: sessionIdOf,
  upcast,
  evolve,
  fields: {
    session: { type: "text", of: ({ id }) => id },
    taskId: { type: "text", indexed: true, of: ({ record }) => record.taskId },
    repoName: { type: "text", indexed: true, of: ({ record }) => record.repoName },
    repoUrl: { type: "text", of: ({ record }) => record.repoUrl },
    branch: { type: "text", of: ({ record }) => record.branch },
    status: { type: "text", indexed: true, of: ({ record }) => record.status },
    backendType: { type: "text", of: ({ record }) => record.backendType },
    agentId: { type: "text", of: ({ record }) => record.agentId },
    projectId: { type: "text", of: ({ record }) => record.projectId },
    prBranch: { type: "text", of: ({ record }) => record.prBranch },
    prApproved: { type: "boolean", of: ({ record }) => record.prApproved },
    createdAt: { type: "text", of: ({ record }) => record.createdAt },
    lastActivityAt: { type: "text", of: ({ record }) => record.lastActivityAt },
    commitCount: { type: "number", of: ({ record }) => record.commitCount },
    version: { type: "number", of: ({ version }) => version },
    createdOffset: { type: "number", indexed: true, of: ({ createdOffset }) => createdOffset },
    lastOffset: { type: "number", indexed: true, of: ({ lastOffset }) => lastOffset },
    updatedAt: { type: "text", of: ({ updatedAt }) => updatedAt },
    lastActor: { type: "text", of: ({ lastActor }) => lastActor },
    deleted: { type: "boolean", of: ({ deleted }) => deleted !== null },
  },
  versionField: "version",
  search: ({ id, record }) => [id, ...SEARCHED.map((name) => record[name])],
});

type Upcaster = (event: UpcastShape) => UpcastShape;

/** By type and schema: each lifts to the next schema. All types are at schema 1 so far. */
const UPCASTERS: ReadonlyMap<string, Upcaster> = new Map();

function upcast(event: UpcastShape): UpcastShape {
  if (event.schema >= SESSION_SCHEMA) return event;
  const upcaster = UPCASTERS.get(`${event.type}@${event.schema}`);
  return upcaster === undefined ? event : upcast(upcaster(event));
}

function evolve(document: SessionDocument | null, event: FoldEvent): SessionDocument | null {
  // Types of other programs may stand in a session's stream; they count as versions and change nothing.
  if (!isSessionEventType(event.type)) return document === null ? null : touched(document, event);
  const fault = faultOf(event, event.type);
  if (fault !== undefined) return faulty(document, event, fault);
  return applied(document, event, event.type);
}

function faultOf(event: FoldEvent, type: SessionEventType): string | undefined {
  if (event.schema > SESSION_SCHEMA) return `schema ${event.schema} of ${type} is newer than this program`;
  // That it deletes is said by its type: an erased session must not come back.
  if (event.data === undefined) return type === "session.deleted" ? undefined : "its data was erased";
  const fault = sessionDataFault(type, event.data);
  if (fault !== undefined) return fault;
  const named = (event.data as { record?: StoredRecord }).record?.session;
  return named === undefined || named === event.id ? undefined : `it holds the record of ${JSON.stringify(named)}`;
}

function applied(document: SessionDocument | null, event: FoldEvent, type: SessionEventType): SessionDocument | null {
  switch (type) {
    case "session.created":
      return created(event, (event.data as { record: StoredRecord }).record);
    case "session.imported": {
      const { record } = event.data as { record?: StoredRecord };
      return record === undefined ? patched(document, event) : created(event, record);
    }
    case "session.updated":
    case "session.pr-created":
    case "session.pr-checked":
    case "session.pr-merged":
      return patched(document, event);
    case "session.deleted":
      return deleted(document, event);
    default:
      throw new TypeError(`unhandled ${type satisfies never}`);
  }
}

/** With a record of its own: patches change it, and the event's data stays as it was stored. */
function created(event: FoldEvent, data: StoredRecord): SessionDocument {
  const { id, version, offset, recordedAt, actor } = event;
  const place = { version, createdOffset: offset, lastOffset: offset, updatedAt: recordedAt, lastActor: actor };
  // A copy. V8 gives each one that is made by `{ ...data }` and then frozen a hidden class of its own: two thirds more.
  const { ...record } = data;
  return { id, record, ...place, deleted: null, faults: [], faultCount: 0 };
}

function patched(document: SessionDocument | null, event: FoldEvent): SessionDocument | null {
  if (document === null || document.deleted !== null) return faulty(document, event, "the session is not there");
  const { patch } = event.data as unknown as { patch: readonly PatchOp[] };
  try {
    if (patch.some(({ path }) => path === "/session" || path === "")) {
      const record = applyPatch(document.record, patch);
      if (record.session !== event.id) return faulty(document, event, "it would change the id of the session");
    }
    const record = applyPatchTo(document.record, patch);
    if (record !== document.record) document.record = record as StoredRecord;
    return touched(document, event);
  } catch (error) {
    return faulty(document, event, `its patch does not fit: ${(error as Error).message}`);
  }
}

function deleted(document: SessionDocument | null, event: FoldEvent): SessionDocument | null {
  if (document === null) return null;
  document.deleted = { offset: event.offset, at: event.recordedAt, actor: event.actor };
  return touched(document, event);
}

/** The session lives on with what is known of it; readers can see that something is missing. */
function faulty(document: SessionDocument | null, event: FoldEvent, why: string): SessionDocument {
  const known = document ?? created(event, { session: event.id });
  known.faults.push({ offset: event.offset, why });
  if (known.faults.length > MAX_FAULTS) known.faults.shift();
  known.faultCount++;
  return touched(known, event);
}

function touched(document: SessionDocument, event: FoldEvent): SessionDocument {
  document.version = event.version;
  document.lastOffset = event.offset;
  document.updatedAt = event.recordedAt;
  document.lastActor = event.actor;
  return document;
}
