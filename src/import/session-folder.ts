import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileErrorText } from "../files/file-error-text.js";
import { sourceUnreadable } from "../files/source-unreadable.js";
import type { Json } from "../log/canonical.js";
import {
  type CollabFound,
  type CollabKind,
  type CollabRecord,
  collabRecord,
  isId,
  note,
  refuseCollab,
} from "./collab-record.js";
import { FileFault, readPlainFile, textOf, wholeTextOf } from "./plain-file.js";
import type { ImportReport } from "./report.js";
import { toldJson } from "./told-json.js";

type Members = { readonly [member: string]: Json };

/**
 * The folder of one session of ai-webhook. Reads its files into records; one that cannot be read is refused in the report, and
 * the others are read all the same.
 */
export class SessionFolder {
  readonly path: string;
  readonly name: string;
  readonly #report: ImportReport;

  constructor(path: string, report: ImportReport) {
    this.path = path;
    this.name = basename(path);
    this.#report = report;
  }

  /**
   * `missing` gives ids that the file does not have; `fileOf` the file of an artifact, by what its member `file` says.
   * The name of the folder is the id of the session: its own program goes by that.
   */
  async *jsonFile(
    kind: CollabKind,
    file: string,
    missing: Members = {},
    fileOf: (named: Json | undefined) => string | undefined = () => undefined,
  ): AsyncGenerator<CollabRecord> {
    const found = await this.#read(file, async () => {
      const { value, repairs } = jsonOf(textOf(await readPlainFile(join(this.path, file))));
      if (!isObject(value)) throw new FileFault("it holds no JSON object");
      const unsaid = Object.keys(missing).filter((name) => !isId(value[name]));
      const members = { ...value, ...pick(missing, unsaid), session_id: this.name };
      const remarks = this.#remarksOnOwner(value.session_id);
      repairs.push(...repairsOfUnsaid(value, unsaid));
      if (kind !== "artifact") return { members, repairs, remarks };
      const content = fileOf(value.file);
      if (content === undefined) return { members, repairs, remarks: [...remarks, "its file is missing"] };
      const found = contentOf(await readPlainFile(join(this.path, content)));
      return { members: { ...members, content: found }, repairs, remarks };
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
      const { value, repairs } = jsonOf(textOf(await readPlainFile(join(this.path, file))));
      if (!Array.isArray(value)) throw new FileFault("it holds no JSON list");
      for (const why of repairs) note(this.#report, { kind: "remark", place: this.#place(file), id: undefined, why });
      return value;
    });
    for (const [index, item] of (items ?? []).entries()) {
      const place = `${this.#place(file)}#/${index}`;
      if (isObject(item) && isId(item.key)) yield* this.#record({ kind, place, members: membersOf(item) });
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

  #remarksOnOwner(named: Json | undefined): string[] {
    if (named === undefined || named === null || named === this.name) return [];
    return [`inside it says that its session is ${JSON.stringify(named)}; that of its folder was taken: ${this.name}`];
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

function pick(members: Members, names: readonly string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name)));
}

/** Of ids that are there and say nothing. */
function repairsOfUnsaid(value: Members, unsaid: readonly string[]): string[] {
  const there = unsaid.filter((name) => Object.hasOwn(value, name));
  return there.map((name) => `its ${name} was ${JSON.stringify(value[name])}; the name of its file was taken`);
}

function jsonOf(text: string): { readonly value: Json; readonly repairs: string[] } {
  try {
    const { value, repairs } = toldJson(text);
    return { value, repairs: repairs.map((what) => `it ${what}`) };
  } catch (error) {
    throw new FileFault(`it is no JSON (${(error as Error).message})`);
  }
}

/** Text, or the bytes of what is none. */
function contentOf(bytes: Buffer): Json {
  try {
    return wholeTextOf(bytes);
  } catch {
    return { base64: bytes.toString("base64") };
  }
}

function isObject(value: Json): value is { [member: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is in a folder, by name. */
export async function entriesOf(path: string): Promise<{ readonly name: string; readonly folder: boolean }[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .map((entry) => ({ name: entry.name, folder: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    const hint = "nothing more was imported; check the path and the rights";
    throw sourceUnreadable(path, fileErrorText(cause), hint, cause);
  }
}
