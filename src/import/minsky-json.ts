import { readFile, stat } from "node:fs/promises";
import { SessionDbError, StorageError, UsageError } from "../errors.js";
import { escapePointer } from "../log/canonical.js";
import type { ForeignRecord } from "./report.js";

export interface MinskyJson {
  readonly layout: string;
  readonly baseDir: string | undefined;
  readonly records: ForeignRecord[];
  /** What is odd about the file as a whole, in sentences. */
  readonly remarks: string[];
}

/** A session-db.json of this size would hold about half a million sessions. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Reads any layout of Minsky's session-db.json:
 * a bare array · `{sessions, baseDir}` · the backup envelope `{timestamp, version, data: {sessions, baseDir}}` · a map
 * from session id to record · an empty file (no sessions).
 *
 * @throws UsageError IMPORT_LAYOUT_UNKNOWN, IMPORT_TOO_LARGE; StorageError IMPORT_UNREADABLE: nothing was taken from it
 */
export async function readMinskyJson(path: string): Promise<MinskyJson> {
  const remarks: string[] = [];
  const text = await readText(path, remarks);
  if (text.trim() === "") {
    return { layout: "empty file", baseDir: undefined, records: [], remarks: [...remarks, "the file is empty"] };
  }
  return { ...layoutOf(parse(text, path), path), remarks };
}

async function readText(path: string, remarks: string[]): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw new UsageError("IMPORT_TOO_LARGE", `${path} has ${size} bytes, more than ${MAX_FILE_BYTES}`);
    const bytes = await readFile(path);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.startsWith("\ufeff")) return text;
    remarks.push("a byte order mark at the start was passed over");
    return text.slice(1);
  } catch (cause) {
    if (cause instanceof SessionDbError) throw cause;
    throw unreadable(path, cause instanceof TypeError ? "it is not UTF-8 text" : (cause as Error).message, cause);
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, `it is not JSON (${(cause as Error).message})`, cause);
  }
}

function unreadable(path: string, why: string, cause: unknown): StorageError {
  return new StorageError("IMPORT_UNREADABLE", `${path} cannot be read: ${why}`, {
    hint: "nothing was imported; check the path, or take the newest backup of the file",
    cause,
  });
}

function layoutOf(root: unknown, path: string): Omit<MinskyJson, "remarks"> {
  if (Array.isArray(root)) return { layout: "bare array", baseDir: undefined, records: fromArray(root, "") };
  if (isObject(root)) {
    const envelope = isObject(root.data) && Array.isArray(root.data.sessions);
    const state = envelope ? (root.data as Record<string, unknown>) : root;
    if (Array.isArray(state.sessions)) {
      const baseDir = typeof state.baseDir === "string" ? state.baseDir : undefined;
      const pointer = envelope ? "/data/sessions" : "/sessions";
      return {
        layout: envelope ? "backup envelope" : "sessions and baseDir",
        baseDir,
        records: fromArray(state.sessions, pointer),
      };
    }
    if (Object.values(root).every(isObject))
      return { layout: "map by session", baseDir: undefined, records: fromMap(root) };
  }
  throw new UsageError("IMPORT_LAYOUT_UNKNOWN", `${path} is JSON, but none of the known layouts of a session-db.json`, {
    hint: "expected an array of records, {sessions: […]}, a backup envelope or a map from session to record",
  });
}

function fromArray(records: unknown[], pointer: string): ForeignRecord[] {
  return records.map((record, index) => ({ place: `${pointer}/${index}`, record: record as Record<string, unknown> }));
}

/** A record of a map may leave its id to the key. */
function fromMap(map: Record<string, unknown>): ForeignRecord[] {
  return Object.entries(map).map(([id, record]) => ({
    place: `/${escapePointer(id)}`,
    record: { session: id, ...(record as object) },
  }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
