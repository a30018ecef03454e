import type { SessionDocument } from "../../projections/sessions.js";
import type { Json } from "../log/canonical.js";

/** The value of one cell; JSON of any kind as its text. undefined: no such value. */
export type Cell = string | number | boolean | undefined;

export interface SessionColumn {
  /** In snake_case, for tables. */
  readonly name: string;
  readonly type: "text" | "whole" | "flag";
  readonly value: (document: SessionDocument) => Cell;
}

const TEXTS = ["shortId", "repoName", "repoUrl", "repoPath", "createdAt", "taskId", "backendType", "branch"];
const MORE_TEXTS = ["workspacePath", "sessionPath", "prBranch", "status", "lastActivityAt", "lastCommitHash"];
const LAST_TEXTS = ["lastCommitMessage", "agentId", "syncStatus", "projectId", "interfaceBinding"];
const OBJECTS = ["prState", "pullRequest", "github", "remote"];

/**
 * One row a session: the id, the documented fields, what the log knows of it, and the whole record as JSON, in which
 * nothing is missing. A field whose value has another type than its column (an object for a text, a text for a number)
 * stands only in the record. null and a missing field look the same in a column, not in the record.
 */
export const SESSION_COLUMNS: readonly SessionColumn[] = [
  { name: "session", type: "text", value: ({ id }) => id },
  ...[...TEXTS, ...MORE_TEXTS, ...LAST_TEXTS].map((field) => column(field, "text", textOf)),
  column("commitCount", "whole", wholeOf),
  column("prApproved", "flag", (value) => (typeof value === "boolean" ? value : undefined)),
  ...OBJECTS.map((field) => column(field, "text", jsonOf)),
  { name: "record", type: "text", value: ({ record }) => JSON.stringify(record) },
  { name: "log_version", type: "whole", value: ({ version }) => version },
  { name: "log_offset", type: "whole", value: ({ lastOffset }) => lastOffset },
  { name: "log_updated_at", type: "text", value: ({ updatedAt }) => updatedAt },
  { name: "log_actor", type: "text", value: ({ lastActor }) => lastActor },
];

function column(field: string, type: SessionColumn["type"], read: (value: Json | undefined) => Cell): SessionColumn {
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { name, type, value: ({ record }) => read(Object.hasOwn(record, field) ? record[field] : undefined) };
}

function textOf(value: Json | undefined): Cell {
  return typeof value === "string" ? value : undefined;
}

function wholeOf(value: Json | undefined): Cell {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

function jsonOf(value: Json | undefined): Cell {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}
