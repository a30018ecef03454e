import { statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ArchivedError, IntegrityError } from "../errors.js";
import type { ArchiveEntry } from "../log/archives.js";
import { ArchiveFile } from "./archive-file.js";

/** Finds the files of archives, and keeps them open. */
export class ArchiveShelf {
  readonly #places: readonly string[];
  readonly #open = new Map<string, Promise<ArchiveFile>>();

  /** `places`: files, and folders in which a file has the name that it had when it was written. The first that fits counts. */
  constructor(places: readonly string[]) {
    this.#places = places;
  }

  /** @throws ArchivedError where it is nowhere; IntegrityError ARCHIVE_DAMAGED where it is, and cannot be read */
  async file(entry: ArchiveEntry): Promise<ArchiveFile> {
    const key = `${entry.from} ${entry.hash}`;
    const found = this.#open.get(key) ?? this.#find(entry);
    this.#open.set(key, found);
    try {
      return await found;
    } catch (error) {
      this.#open.delete(key); // it may be put there later
      throw error;
    }
  }

  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    for (const file of files) await (await file).close();
  }

  async #find(entry: ArchiveEntry): Promise<ArchiveFile> {
    let damage: IntegrityError | undefined;
    const candidates = [...new Set(this.#places.flatMap((place) => candidatesIn(place, entry)).concat(entry.file))];
    for (const path of candidates) {
      try {
        const file = await fitting(path, entry);
        if (file !== undefined) return file;
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        damage ??= error;
      }
    }
    throw damage ?? notAtHand(entry, candidates);
  }
}

function candidatesIn(place: string, { file }: ArchiveEntry): string[] {
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
  return [isFolder ? join(place, basename(file)) : resolve(place)];
}

/** @returns undefined where there is no file, or one of something else. Its bytes are not read through for that. */
async function fitting(path: string, entry: ArchiveEntry): Promise<ArchiveFile | undefined> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return undefined;
  const file = await ArchiveFile.open(path);
  const { from, to, before, hash } = file.header;
  const isSame = from === entry.from && to === entry.to && before === entry.before && hash === entry.hash;
  if (isSame && stat.size === entry.bytes) return file;
  await file.close();
  return undefined;
}

function notAtHand({ from, to, file }: ArchiveEntry, looked: readonly string[]): ArchivedError {
  const message = `offsets ${from} to ${to} are archived, and ${basename(file)} is not at hand`;
  return new ArchivedError(message, to, {
    hint: `add --archive FILE, or bring it to one of: ${looked.join(", ")}`,
  });
}
