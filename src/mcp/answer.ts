import type { CallToolResult } from "@modelcontextprotocol/server";
import { SessionDbError } from "../errors.js";
import { INVISIBLE, jsonEscape } from "../log/invisible.js";
import { maskText } from "../log/mask-url.js";
import { withStores } from "../migrate/named-stores.js";

/** What a tool answers: names the offset at which it was true, and the command line that answers the same. */
export interface Answer {
  readonly offset: number;
  readonly cli: string;
  readonly [member: string]: unknown;
}

/** Which call leads on from an error, where the hint of the error speaks to somebody at a terminal. */
const NEXT: Readonly<Record<string, string>> = {
  SESSION_NOT_FOUND: "call list_sessions for the ids that there are (as_of for the past)",
  SESSION_DELETED: "call read_log with this session: its history is still there",
  SESSION_EXISTS: "call get_session to see it, update_session to change it",
  PATH_NOT_FOUND: "call get_session without paths to see which places there are",
  FIELD_PATH_INVALID: 'write prState.exists, labels."a.b" or /prState/exists',
  POINT_OUTSIDE: "call get_point with HEAD for the last offset",
  POINT_INVALID: "write an offset (42), v12, HEAD, HEAD~3, mark:NAME, 2026-01-31T10:00:00Z, 2026-01-31, 2h or 7d",
  MARK_NOT_FOUND: "call read_log with types [mark.set] for the marks that there are",
  MARK_EXISTS: "choose another name, or pass force",
  VERSION_CONFLICT: "call get_session (of a memory get_collab_session), and repeat the change on what it shows",
  REVERT_CONFLICT: "call revert_event with dry_run to see the conflicts; force puts the old values back all the same",
  EVENT_NOT_FOUND: "call read_log with this session for its offsets",
  BISECT_GOOD_IS_BAD: "call blame_field on that path to see when it was set, and choose an earlier good point",
  BISECT_BAD_IS_GOOD: "call get_session as of the bad point, and choose a condition that is false there",
  CURSOR_INVALID: "pass next_cursor of the page before, with the same arguments, or leave it out",
  QUERY_INVALID: 'write words that must all occur: word begin* "a phrase" -without',
  COLLAB_SESSION_NOT_FOUND: "call list_collab_sessions for the ids that there are (as_of for the past)",
  MEMORY_NOT_FOUND: "call search_collab with kinds [memory], or get_collab_session without memory_keys for the newest",
  CHUNK_NOT_FOUND: "call read_conversation without chunk for those that there are",
  CHUNK_EXISTS: "call add_chunk with another id, or without one; what was said stays as it is",
  CONTENT_TOO_LARGE: "call add_chunk several times, each with a part of the text",
  TASK_NOT_FOUND: "a task is named SESSION/TASK: call list_tasks, or get_collab_session for the open ones",
  TASK_EXISTS: "call get_task to see it, create_task with another id, or without one",
  TASK_ENDED: "nothing is left to do for it; call claim_task for another",
  LEASE_LOST: "stop working on it: somebody else does, or will; call claim_task for another",
  QUEUE_BUSY: "call claim_task again",
  QUEUE_AWAY: "call claim_task again later; add_memory and add_chunk still work",
  ANSWER_TOO_LARGE: "name fewer places: get_session with paths, blame_field with a path or depth 1",
};

/** Text that a terminal or a reader could take for something else stands as its escape, which is the same JSON. */
const DECEPTIVE = new RegExp(`[\\u007f-\\u009f\\u200c\\u200d${INVISIBLE}]`, "gu");
/** The same in a text that is not printed as JSON, which escapes the rest by itself. */
const UNSHOWN = new RegExp(`[\\u0000-\\u001f]|${DECEPTIVE.source}`, "gu");

/** The same answer twice: structured, and as the text that clients without structured content show. */
export function answered(answer: Answer): CallToolResult {
  return { content: [{ type: "text", text: jsonText(answer) }], structuredContent: { ...answer } };
}

/** One document as text. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(DECEPTIVE, jsonEscape);
}

/** An error that the model can act on: what went wrong, and which call to make next. */
export function failed(error: unknown, store: string): CallToolResult {
  return { isError: true, content: [{ type: "text", text: errorText(error, store) }] };
}

/** @param store the address of the log, which the commands of a hint then name */
export function errorText(error: unknown, store: string): string {
  if (!(error instanceof SessionDbError)) return `INTERNAL: ${shown(String(error))}`;
  const next = NEXT[error.code] ?? withStores(error.hint ?? "", { store });
  return `${error.code}: ${shown(error.message)}${next === "" ? "" : `\nnext: ${shown(next)}`}`;
}

/** On one line, so that what was asked for cannot say what to do next. */
function shown(text: string): string {
  return maskText(text).replace(UNSHOWN, jsonEscape);
}
