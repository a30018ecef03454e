import { stat } from "node:fs/promises";
import { SessionDbError, StorageError, UsageError } from "../errors.js";
import { fileErrorText } from "../files/file-error-text.js";
import { boundedBytes, inputChunks } from "../files/input-chunks.js";
import { sourceUnreadable } from "../files/source-unreadable.js";
import { escapePointer } from "../log/canonical.js";
import { shellWord } from "../log/shell-word.js";
import { quoteRoundedNumbers } from "../log/whole-numbers.js";
import { meantKey } from "./meant-key.js";
import { minskyColumn } from "./minsky-columns.js";
import type { MinskySource } from "./minsky-source.js";
import { repeatedKeys } from "./repeated-keys.js";
import type { ForeignRecord } from "./report.js";
import { type WideEncoding, wideEncodingOf } from "./wide-encoding.js";

const SQLITE_MAGIC = Buffer.from("SQLite format 3\0");

/** A session-db.json of this size would hold about half a million sessions. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Reads any layout of Minsky's session-db.json:
 * a bare array · `{sessions, baseDir}` · the backup envelope `{timestamp, version, data: {sessions, baseDir}}` · a map
 * from session id to record · an empty file (no sessions).
 *
 * @param input what is read in the place of the file, which then is only named
 * @throws UsageError IMPORT_LAYOUT_UNKNOWN, IMPORT_TOO_LARGE; NotFoundError IMPORT_NOT_FOUND; StorageError IMPORT_UNREADABLE: nothing was taken from it
 */
export async function readMinskyJson(path: string, input?: AsyncIterable<Buffer>): Promise<MinskySource> {
  const remarks: string[] = [];
  const text = await readText(path, remarks, input);
  if (text.trim() === "") {
    return { layout: "empty file", baseDir: undefined, records: [], remarks: [...remarks, "the file is empty"] };
  }
  const source = layoutOf(parse(text, path, remarks), path, remarks);
  return { ...source, remarks: [...source.remarks, ...remarksOnRepeats(text)] };
}

async function readText(path: string, remarks: string[], input?: AsyncIterable<Buffer>): Promise<string> {
  try {
    const bytes = await readBounded(path, input);
    if (bytes.subarray(0, SQLITE_MAGIC.length).equals(SQLITE_MAGIC)) throw isDatabase(path);
    const wide = wideEncodingOf(bytes);
    if (wide !== undefined) throw inWideText(path, wide);
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw compressed(path);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.startsWith("\ufeff")) return text;
    remarks.push("a byte order mark at the start was passed over");
    return text.slice(1);
  } catch (cause) {
    if (cause instanceof SessionDbError) throw cause;
    throw unreadable(path, cause instanceof TypeError ? "it is not UTF-8 text" : fileErrorText(cause), cause);
  }
}

function inWideText(path: string, { name, iconv }: WideEncoding): StorageError {
  return new StorageError("IMPORT_UNREADABLE", `${path} cannot be read: it is ${name}, not UTF-8 text`, {
    hint: `nothing was imported; convert a copy of it: iconv -f ${iconv} -t UTF-8 ${shellWord(path)} > copy.json`,
  });
}

function compressed(path: string): StorageError {
  return new StorageError("IMPORT_UNREADABLE", `${path} cannot be read: it is compressed by gzip`, {
    hint: `nothing was imported; unpack a copy of it: gunzip -c < ${shellWord(path)} > copy.json`,
  });
}

/** A pipe has no size beforehand, and a file may grow while it is read: what comes is counted. */
async function readBounded(path: string, input?: AsyncIterable<Buffer>): Promise<Buffer> {
  const size = input === undefined ? (await stat(path)).size : 0;
  if (size > MAX_FILE_BYTES) throw tooLarge(path, `${size} bytes`);
  const bytes = await boundedBytes(input ?? inputChunks(path), MAX_FILE_BYTES);
  if (bytes === undefined) throw tooLarge(path, "more bytes than that");
  return bytes;
}

function tooLarge(path: string, bytes: string): UsageError {
  return new UsageError("IMPORT_TOO_LARGE", `${path} has ${bytes}; at most ${MAX_FILE_BYTES} are read`, {
    hint: "nothing was imported; split its sessions over several files, and import each",
  });
}

function parse(text: string, path: string, remarks: string[]): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const { json, numbers } = quoteRoundedNumbers(text);
    if (numbers.length === 0) return value;
    const shown = numbers.slice(0, 10).join(", ");
    remarks.push(`${numbers.length} whole numbers that JSON rounds were taken as text, digit by digit: ${shown}`);
    return JSON.parse(json);
  } catch (cause) {
    const why = (cause as Error).message;
    if (/ after JSON at /.test(why)) throw severalTexts(path, why, cause);
    throw unreadable(path, `it is not JSON (${why})`, cause);
  }
}

/** A record a line, as logs have it, or two files that were joined; a text that was cut off and begun anew is such a one, too. */
function severalTexts(path: string, why: string, cause: unknown): StorageError {
  return new StorageError("IMPORT_UNREADABLE", `${path} cannot be read: it is not one JSON text (${why})`, {
    hint: `nothing was imported; where it has a record a line, make a list of them: jq -s . ${shellWord(path)} > list.json`,
    cause,
  });
}

function isDatabase(path: string): UsageError {
  return new UsageError("IMPORT_LAYOUT_UNKNOWN", `${path} is a SQLite database, no JSON; nothing was imported`, {
    hint: `run: sessiondb import minsky-sqlite ${path}`,
  });
}

function unreadable(path: string, why: string, cause: unknown): SessionDbError {
  const hint = "nothing was imported; check the path, or take the newest backup of the file";
  return sourceUnreadable(path, why, hint, cause);
}

function layoutOf(root: unknown, path: string, remarks: string[]): MinskySource {
  if (Array.isArray(root)) return { layout: "bare array", baseDir: undefined, records: fromArray(root, ""), remarks };
  if (isObject(root)) {
    const envelope = isObject(root.data) && listsSessions(root.data.sessions);
    const state = envelope ? (root.data as Record<string, unknown>) : root;
    if (listsSessions(state.sessions)) {
      const place = envelope ? "/data/sessions" : "/sessions";
      const records = Array.isArray(state.sessions)
        ? fromArray(state.sessions, place)
        : fromMap(state.sessions as Record<string, unknown>, place);
      const layout = envelope ? "backup envelope" : "sessions and baseDir";
      const named = Array.isArray(state.sessions) ? [] : remarksOnKeys(state.sessions as Record<string, unknown>);
      const found = [...remarksOnRest(root, envelope), ...remarksOnBaseDir(state.baseDir), ...named];
      return { layout, baseDir: textOrNone(state.baseDir), records, remarks: [...remarks, ...found] };
    }
    if (isMapOfRecords(root) && isOfMinsky(root)) {
      return {
        layout: "map by session",
        baseDir: undefined,
        records: fromMap(root, ""),
        remarks: [...remarks, ...remarksOnKeys(root)],
      };
    }
  }
  throw new UsageError("IMPORT_LAYOUT_UNKNOWN", `${path} is JSON, but none of the known layouts of a session-db.json`, {
    hint: `${keyHint(root)}expected an array of records, {sessions: […]}, a backup envelope or a map from session to record`,
  });
}

function keyHint(root: unknown): string {
  const meant = isObject(root) ? meantKey(root, ["sessions", "data"]) : undefined;
  return meant === undefined ? "" : `the key ${meant}; `;
}

/** Of members with the same key, JSON has only the last one. */
function remarksOnRepeats(text: string): string[] {
  const keys = repeatedKeys(text);
  if (keys.length === 0) return [];
  const shown = keys.slice(0, 10).map((key) => JSON.stringify(key));
  return [`${keys.length} keys stand more than once; the last value of each was taken: ${shown.join(", ")}`];
}

function textOrNone(baseDir: unknown): string | undefined {
  return typeof baseDir === "string" && baseDir !== "" ? baseDir : undefined;
}

function remarksOnBaseDir(baseDir: unknown): string[] {
  if (baseDir === undefined || textOrNone(baseDir) !== undefined) return [];
  return ["its baseDir is not the path of a folder; it was left out"];
}

/** Members of the file that no layout has: they belong to no session. */
function remarksOnRest(root: Record<string, unknown>, envelope: boolean): string[] {
  const known = envelope ? ["timestamp", "version", "data"] : ["sessions", "baseDir"];
  const inner = envelope ? Object.keys(root.data as object).map((key) => `data.${key}`) : [];
  const rest = [...Object.keys(root).filter((key) => !known.includes(key)), ...inner].filter(
    (key) => !["data.sessions", "data.baseDir"].includes(key),
  );
  if (rest.length === 0) return [];
  const meant = meantKey(envelope ? (root.data as Record<string, unknown>) : root, ["baseDir"]);
  const told = `members beside the sessions were left out: ${rest.slice(0, 10).join(", ")}`;
  return [meant === undefined ? told : `${told} (the key ${meant})`];
}

function remarksOnKeys(map: Record<string, unknown>): string[] {
  return Object.entries(map).flatMap(([key, record]) => remarksOnKey(key, record));
}

function remarksOnKey(key: string, record: unknown): string[] {
  const { session } = (record ?? {}) as { session?: unknown };
  if (typeof session !== "string" || isNoId(session) || session === key) return [];
  return [`the record under ${JSON.stringify(key)} names another session, which was taken: ${JSON.stringify(session)}`];
}

function fromArray(records: unknown[], pointer: string): ForeignRecord[] {
  return records.map((record, index) => ({ place: `${pointer}/${index}`, record: record as Record<string, unknown> }));
}

/** A list of records, or a map of them; a map of nothing else is the record of a session that is called "sessions". */
function listsSessions(value: unknown): boolean {
  return Array.isArray(value) || isMapOfRecords(value);
}

/** All are objects, or one at least names itself: then what is no record among them is refused alone. */
function isMapOfRecords(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const namesItself = ([key, record]: [string, unknown]) => isObject(record) && record.session === key;
  return Object.values(value).every(isObject) || Object.entries(value).some(namesItself);
}

/** Any other file of objects looks like a map of records; one of Minsky's has a field of its records, or none at all. */
function isOfMinsky(map: Record<string, unknown>): boolean {
  const records = Object.values(map).filter(isObject);
  return records.length === 0 || records.some((record) => Object.keys(record).some(isMinskyField));
}

function isMinskyField(name: string): boolean {
  return minskyColumn(name).field === name && minskyColumn(name).kind !== "unknown";
}

/** A record of a map may leave its id to the key. */
function fromMap(map: Record<string, unknown>, pointer: string): ForeignRecord[] {
  return Object.entries(map).map(([id, record]) => {
    const place = `${pointer}/${escapePointer(id)}`;
    if (!isObject(record)) return { place, record: record as Record<string, unknown> }; // which is refused
    if (record.session === undefined || !isNoId(record.session)) return { place, record: { session: id, ...record } };
    const repairs = [`its session was ${JSON.stringify(record.session)}; the id was taken from its key`];
    return { place, record: { ...record, session: id }, repairs };
  });
}

/** What says nothing of the id: another member does, or the key in a map. */
function isNoId(session: unknown): boolean {
  return session === undefined || session === null || session === "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
