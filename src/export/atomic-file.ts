import { randomBytes } from "node:crypto";
import { type FileHandle, link, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RefusedError, StorageError } from "../errors.js";

export interface AtomicFileOptions {
  /** May take the place of a file that is there. Default: such a file is refused. */
  readonly replace?: boolean;
}

/** Small texts are collected: a write for each session would take most of the time. */
const BUFFER_CHARS = 256 * 1024;

/**
 * A file that others see whole or not at all: written beside its place, synced, then put there in one step. Readable by
 * its owner only. Through a symbolic link, the file that it leads to is replaced.
 */
export class AtomicFile {
  readonly path: string;
  readonly #unfinished: string;
  readonly #handle: FileHandle;
  readonly #replace: boolean;
  #bytes = 0;
  #buffered = "";

  private constructor(path: string, unfinished: string, handle: FileHandle, replace: boolean) {
    this.path = path;
    this.#unfinished = unfinished;
    this.#handle = handle;
    this.#replace = replace;
  }

  /** @throws RefusedError OUTPUT_EXISTS, StorageError OUTPUT_UNWRITABLE: nothing was left behind */
  static async create(path: string, { replace = false }: AtomicFileOptions = {}): Promise<AtomicFile> {
    const there = await realpath(path).catch(() => undefined); // most often there is none yet
    if (there !== undefined && !replace) throw outputExists(path);
    const place = there ?? path;
    const unfinished = join(dirname(place), `.${basename(place)}.${randomBytes(6).toString("hex")}.tmp`);
    const handle = await failing(path, () => open(unfinished, "wx", 0o600));
    return new AtomicFile(place, unfinished, handle, replace);
  }

  async write(text: string): Promise<void> {
    this.#buffered += text;
    if (this.#buffered.length >= BUFFER_CHARS) await this.#flush();
  }

  /** Puts it in its place. @returns its bytes @throws as create: what was there before stands */
  async commit(): Promise<number> {
    await this.#flush();
    await failing(this.path, async () => {
      await this.#handle.sync();
      await this.#handle.close();
      if (this.#replace) return rename(this.#unfinished, this.path);
      await link(this.#unfinished, this.path);
      await rm(this.#unfinished);
    });
    await syncFolder(dirname(this.path));
    return this.#bytes;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#buffered);
    this.#buffered = "";
    this.#bytes += bytes.length;
    await failing(this.path, () => this.#handle.writeFile(bytes));
  }

  /** Leaves nothing behind; after commit it does nothing. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined); // closed by commit
    await rm(this.#unfinished, { force: true });
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
    for await (const text of texts) await file.write(text);
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
    throw new StorageError("OUTPUT_UNWRITABLE", `${path} cannot be written: ${(cause as Error).message}`, {
      hint: "choose another place, or make the folder writable for this user; what was there before stands",
      cause,
    });
  }
}

export function outputExists(path: string): RefusedError {
  return new RefusedError("OUTPUT_EXISTS", `${path} is there already; it was not touched`, {
    hint: "choose another name, or add --force to replace it",
  });
}

/** A new name survives a loss of power only when its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there, and need not be
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
