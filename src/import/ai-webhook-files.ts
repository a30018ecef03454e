import { join } from "node:path";
import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import { type CollabKind, type CollabRecord, note } from "./collab-record.js";
import type { ImportReport } from "./report.js";
import { entriesOf, SessionFolder } from "./session-folder.js";

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
 * @throws NotFoundError IMPORT_NOT_FOUND; StorageError IMPORT_UNREADABLE the folder cannot be read; UsageError IMPORT_LAYOUT_UNKNOWN no session is in it
 */
export async function* aiWebhookFiles(
  root: string,
  report: ImportReport,
): AsyncGenerator<CollabRecord, void, undefined> {
  const folders = (await entriesOf(root)).some(({ name, folder }) => name === "sessions" && folder)
    ? join(root, "sessions")
    : root;
  const found = await entriesOf(folders);
  const entries = found.filter(({ folder }) => folder);
  if (entries.length === 0 && folders === root) throw noSessions(root);
  for (const { name, folder } of found) if (!folder) note(report, { ...NO_FOLDER, place: name });
  for (const { name } of entries) yield* sessionFiles(new SessionFolder(join(folders, name), report));
}

const NO_FOLDER = { kind: "remark", id: undefined, why: "it is no folder of a session; it was left out" } as const;

async function* sessionFiles(session: SessionFolder): AsyncGenerator<CollabRecord, void, undefined> {
  yield* session.jsonFile("session", "session.json");
  for (const { name, folder } of await entriesOf(session.path)) {
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
    for (const { name } of await entriesOf(join(session.path, folder))) {
      const id = name.replace(/\.json$/, "");
      if (name.endsWith(".json")) yield* session.jsonFile(kind, join(folder, name), { [idMember]: id });
      else session.leftOut(join(folder, name));
    }
  };
}

async function* conversation(session: SessionFolder, folder: string): AsyncGenerator<CollabRecord, void, undefined> {
  for (const { name } of await entriesOf(join(session.path, folder))) {
    const [, id] = /^chunk_(.+)\.json$/.exec(name) ?? [];
    const place = join(folder, name);
    if (id !== undefined) yield* session.jsonFile("chunk", place, { chunk_id: id });
    else if (name === "full_transcript.txt") yield* session.textFile("transcript", place, { id: "full_transcript" });
    else session.leftOut(place);
  }
}

async function* extracted(session: SessionFolder, folder: string): AsyncGenerator<CollabRecord, void, undefined> {
  for (const { name } of await entriesOf(join(session.path, folder))) {
    const [, type] = /^(.+?)s?\.json$/.exec(name) ?? [];
    const place = join(folder, name);
    if (type === undefined) session.leftOut(place);
    else yield* session.jsonList("extracted", place, (item) => ({ ...item, type, key: `${type}/${String(item.key)}` }));
  }
}

/** A file and what is said of it; either may be missing. */
async function* artifacts(session: SessionFolder, folder: string): AsyncGenerator<CollabRecord, void, undefined> {
  const names = (await entriesOf(join(session.path, folder))).map(({ name }) => name);
  const metas = names.filter((name) => name.endsWith("_meta.json"));
  const files = new Set(names.filter((name) => !metas.includes(name)));
  const described = new Set<string>();
  for (const meta of metas) {
    const id = meta.replace(/_meta\.json$/, "");
    const fileOf = (named: Json | undefined) => {
      const file =
        typeof named === "string" && files.has(named) ? named : [...files].find((name) => stemOf(name) === id);
      if (file !== undefined) described.add(file);
      return file === undefined ? undefined : join(folder, file);
    };
    yield* session.jsonFile("artifact", join(folder, meta), { id }, fileOf);
  }
  for (const name of [...files].filter((one) => !described.has(one))) {
    yield* session.textFile("artifact", join(folder, name), { id: stemOf(name), file: name });
  }
}

function stemOf(name: string): string {
  return name.replace(/\.[^.]*$/, "");
}

function noSessions(root: string): UsageError {
  return new UsageError("IMPORT_LAYOUT_UNKNOWN", `${root} holds no sessions of ai-webhook; nothing was imported`, {
    hint: "name the folder that holds the folder sessions",
  });
}
