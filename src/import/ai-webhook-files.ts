import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { StorageError, UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import { quoteRoundedNumbers } from "../log/whole-numbers.js";
import {
  type CollabFound,
  type CollabKind,
  type CollabRecord,
  collabRecord,
  note,
  refuseCollab,
} from "./collab-record.js";
import { FileFault, readPlainFile, textOf } from "./plain-file.js";
import type { ImportReport } from "./report.js";

/**
 * The sessions of ai-webhook in a folder: `sessions/<id>/…`, or a folder that holds the sessions themselves.
 *
 * ```
 * session.json                                     the session
 * conversation/chunk_<id>.json, full_transcript.txt
 * memories/<key>.json      extracted/<type>s.json  a list
 * tasks/<task id>.json     artifacts/<type>_<name>.<ext> and <type>_<name>_meta.json
 * ```
 *
 * Record by record; one file is in memory at a time. Links are not followed. Files of other names are told and left out.
 *
 * @throws StorageError IMPORT_UNREADABLE the folder cannot be read; UsageError IMPORT_LAYOUT_UNKNOWN no session is in it
 */
export async function* aiWebhookFiles(
  root: string,
  report: ImportReport,
): AsyncGenerator<CollabRecord, void, undefined> {
  const folders = (await list(root)).some(({ name, folder }) => name === "sessions" && folder)
    ? join(root, "sessions")
    : root;
  const entries = (await list(folders)).filter(({ folder }) => folder);
  if (entries.length === 0 && folders === root) throw noSessions(root);
  for (const { name } of entries) yield* sessionFiles(new SessionFolder(join(folders, name), report));
}

async function* sessionFiles(session: SessionFolder): AsyncGenerator<CollabRecord, void, undefined> {
  yield* session.jsonFile("session", "session.json", { session_id: session.name });
  for (const { name, folder } of await list(session.path)) {
    if (folder && Object.hasOwn(PARTS, name)) yield* (PARTS[name as keyof typeof PARTS] as Part)(session, name);
    else if (name !== "session.json") session.leftOut(name);
  }
}

type Part = (session: SessionFolder, folder: string) => AsyncGenerator<CollabRecord, void, undefined>;

const PARTS = {
  conversation,
  memories: records("memory", "key"),
  extracted,
  tasks: records("task", "task_id"),
  artifacts,
};

/** One record a file; the name stands in for an id that is missing inside. */
function records(kind: CollabKind, idMember: string): Part {
  return async function* part(session, folder) {
    for (const { name } of await list(join(session.path, folder))) {
      const id = name.replace(/\.json$/, "");
      if (name.endsWith(".json")) yield* session.jsonFile(kind, join(folder, name), { [idMember]: id });
      else session.leftOut(join(folder, name));
    }
  };
}

async function* conversation(session: SessionFolder, folder: string): AsyncGenerator<CollabRecord, void, undefined> {
  for (const { name } of await list(join(session.path, folder))) {
    const [, id] = /^chunk_(.+)\.json$/.exec(name) ?? [];
    const place = join(folder, name);
    if (id !== undefined) yield* session.jsonFile("chunk", place, { chunk_id: id });
    else if (name === "full_transcript.txt") yield* session.textFile("transcript", place, { id: "full_transcript" });
    else session.leftOut(place);
  }
}

async function* extracted(session: SessionFolder, folder: string): AsyncGenerator<CollabRecord, void, undefined> {
  for (const { name } of await list(join(session.path, folder))) {
    const [, type] = /^(.+?)s?\.json$/.exec(name) ?? [];
    const place = join(folder, name);
    if (type === undefined) session.leftOut(place);
    else yield* session.jsonList("extracted", place, (item) => ({ ...item, type, key: `${type}/${String(item.key)}` }));
  }
}

/** A file and what is said of it; either may be missing. */
async function* artifacts(session: SessionFolder, folder: string): AsyncGenerator<CollabRecord, void, undefined> {
  const names = (await list(join(session.path, folder))).map(({ name }) => name);
  const metas = names.filter((name) => name.endsWith("_meta.json"));
  const described = new Set<string>();
  for (const meta of metas) {
    const id = meta.replace(/_meta\.json$/, "");
    const file = names.find((name) => !metas.includes(name) && name.replace(/\.[^.]*$/, "") === id);
    if (file !== undefined) described.add(file);
    yield* session.jsonFile(
      "artifact",
      join(folder, meta),
      { id },
      file === undefined ? undefined : join(folder, file),
    );
  }
  for (const name of names.filter((one) => !metas.includes(one) && !described.has(one))) {
    yield* session.textFile("artifact", join(folder, name), { id: name.replace(/\.[^.]*$/, ""), file: name });
  }
}

type Members = { readonly [member: string]: Json };

/** Reads the files of one session into records. */
class SessionFolder {
  readonly path: string;
  readonly name: string;
  readonly #report: ImportReport;

  constructor(path: string, report: ImportReport) {
    this.path = path;
    this.name = basename(path);
    this.#report = report;
  }

  /** `missing` gives members that the file does not have; `content` names a file that is read with it. */
  async *jsonFile(kind: CollabKind, file: string, missing: Members, content?: string): AsyncGenerator<CollabRecord> {
    const found = await this.#read(file, async () => {
      const json = jsonOf(textOf(await readPlainFile(join(this.path, file))));
      if (!isObject(json)) throw new FileFault("it holds no JSON object");
      if (kind !== "artifact") return { members: { ...missing, ...json } };
      if (content === undefined) return { members: { ...missing, ...json }, remarks: ["its file is missing"] };
      return { members: { ...missing, ...json, content: contentOf(await readPlainFile(join(this.path, content))) } };
    });
    if (found !== undefined) yield* this.#record({ kind, place: this.#place(file), ...found });
  }

  async *textFile(kind: CollabKind, file: string, members: Members): AsyncGenerator<CollabRecord> {
    const content = await this.#read(file, async () => contentOf(await readPlainFile(join(this.path, file))));
    if (content === undefined) return;
    const remarks = kind === "artifact" ? ["it has no _meta.json"] : [];
    yield* this.#record({ kind, place: this.#place(file), members: { ...members, content }, remarks });
  }

  async *jsonList(
    kind: CollabKind,
    file: string,
    membersOf: (item: { readonly [member: string]: Json }) => Members,
  ): AsyncGenerator<CollabRecord> {
    const items = await this.#read(file, async () => {
      const json = jsonOf(textOf(await readPlainFile(join(this.path, file))));
      if (!Array.isArray(json)) throw new FileFault("it holds no JSON list");
      return json;
    });
    for (const [index, item] of (items ?? []).entries()) {
      const place = `${this.#place(file)}#/${index}`;
      if (isObject(item) && item.key !== undefined) yield* this.#record({ kind, place, members: membersOf(item) });
      else refuseCollab(place, "it is no object with a key", this.#report);
    }
  }

  leftOut(name: string): void {
    note(this.#report, {
      kind: "remark",
      place: this.#place(name),
      id: undefined,
      why: "it is no file of ai-webhook; it was left out",
    });
  }

  *#record(found: CollabFound): Generator<CollabRecord> {
    const record = collabRecord({ session: this.name, ...found }, this.#report);
    if (record !== undefined) yield record;
  }

  async #read<T>(file: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      refuseCollab(this.#place(file), error.message, this.#report);
      return undefined;
    }
  }

  #place(file: string): string {
    return `${this.name}/${file}`;
  }
}

/** What is in a folder, by name. */
async function list(path: string): Promise<{ readonly name: string; readonly folder: boolean }[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .map((entry) => ({ name: entry.name, folder: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new StorageError("IMPORT_UNREADABLE", `${path} cannot be read: ${(cause as Error).message}`, {
      hint: "nothing more was imported; check the path and the rights",
      cause,
    });
  }
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(quoteRoundedNumbers(text).json) as Json;
  } catch (error) {
    throw new FileFault(`it is no JSON (${(error as Error).message})`);
  }
}

/** Text, or the bytes of what is none. */
function contentOf(bytes: Buffer): Json {
  try {
    return textOf(bytes);
  } catch {
    return { base64: bytes.toString("base64") };
  }
}

function isObject(value: Json): value is { [member: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function noSessions(root: string): UsageError {
  return new UsageError("IMPORT_LAYOUT_UNKNOWN", `${root} holds no sessions of ai-webhook; nothing was imported`, {
    hint: "name the folder that holds the folder sessions",
  });
}
