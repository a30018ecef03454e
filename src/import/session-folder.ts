import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { StorageError } from "../errors.js";
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

/** What is in a folder, by name. */
export async function entriesOf(path: string): Promise<{ readonly name: string; readonly folder: boolean }[]> {
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
