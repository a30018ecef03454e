import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { RefusedError, StorageError } from "../errors.js";
import { fileErrorText } from "../files/file-error-text.js";
import { NewFile } from "../files/new-file.js";
import { syncFolder } from "../log/sync-folder.js";

export interface AtomicFileOptions {
  /** May take the place of a file that is there. Default: such a file is refused. */
  readonly replace?: boolean;
  /** Stops it between two texts: then nothing is left behind. */
  readonly signal?: AbortSignal;
}

/**
 * What a user asked to be written: a {@link NewFile} whose failures he is told in our own words. Readable by its owner only.
 * Through a symbolic link, the file that it leads to is replaced.
 */
export class AtomicFile {
  readonly path: string;
  readonly #file: NewFile;
  readonly #replace: boolean;
  #bytes = 0;

  private constructor(path: string, file: NewFile, replace: boolean) {
    this.path = path;
    this.#file = file;
    this.#replace = replace;
  }

  /** @throws RefusedError OUTPUT_EXISTS, StorageError OUTPUT_UNWRITABLE: nothing was left behind */
  static async create(path: string, { replace = false }: AtomicFileOptions = {}): Promise<AtomicFile> {
    // A rename would put a file in the place of a device or a pipe: /dev/null, too, where the user is root.
    const seen = await stat(path).catch(() => undefined);
    if (seen?.isFile() === false) throw unwritable(path, "it is no ordinary file");
    const there = await realpath(path).catch(() => undefined); // most often there is none yet
    if (there !== undefined && !replace) throw outputExists(path);
    const place = there ?? path;
    return new AtomicFile(place, await failing(path, () => NewFile.begin(place)), replace);
  }

  async write(text: string): Promise<void> {
    this.#bytes += Buffer.byteLength(text);
    await failing(this.path, () => this.#file.write(text));
  }

  /** Puts it in its place. @returns its bytes @throws as create: what was there before stands */
  async commit(): Promise<number> {
    await failing(this.path, () => this.#file.put(this.#replace));
    makeNameLast(this.path, "OUTPUT_UNWRITABLE");
    return this.#bytes;
  }

  /** Leaves nothing behind; after commit it does nothing. */
  async discard(): Promise<void> {
    await this.#file.discard();
  }
}

/** Writes all of `texts`, or nothing. @returns bytes @throws as {@link AtomicFile.create}, and what `texts` throws */
export async function writeAtomically(
  path: string,
  texts: AsyncIterable<string> | Iterable<string>,
  options: AtomicFileOptions = {},
): Promise<number> {
  const file = await AtomicFile.create(path, options);
  try {
    for await (const text of texts) {
      options.signal?.throwIfAborted();
      await file.write(text);
    }
    return await file.commit();
  } finally {
    await file.discard();
  }
}

async function failing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") throw outputExists(path);
    throw unwritable(path, fileErrorText(cause), cause);
  }
}

/** The file is in its place. @throws StorageError of this code: its name may not last, and that is told */
export function makeNameLast(path: string, code: "OUTPUT_FAILED" | "OUTPUT_UNWRITABLE"): void {
  try {
    syncFolder(dirname(path));
  } catch (cause) {
    const message = `${path} is written, and a loss of power may still take it away: ${fileErrorText(cause)}`;
    throw new StorageError(code, message, { hint: "check the disk, and write it again with --force", cause });
  }
}

function unwritable(path: string, why: string, cause?: unknown): StorageError {
  return new StorageError("OUTPUT_UNWRITABLE", `${path} cannot be written: ${why}`, {
    hint: "choose another place, or make the folder writable for this user; what was there before stands",
    cause,
  });
}

export function outputExists(path: string): RefusedError {
  return new RefusedError("OUTPUT_EXISTS", `${path} is there already; it was not touched`, {
    hint: "choose another name, or add --force to replace it",
  });
}
