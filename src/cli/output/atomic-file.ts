import { randomBytes } from "node:crypto";
import { lstatSync, rmSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { StorageError, UsageError } from "../../errors.js";

/**
 * A file that is there whole or not at all: written under another name beside it, synced, and renamed when it is
 * finished. A file that stood there before is replaced only then.
 */
export class AtomicFile {
  readonly path: string;
  readonly #unfinished: string;
  readonly #handle: FileHandle;

  private constructor(path: string, unfinished: string, handle: FileHandle) {
    this.path = path;
    this.#unfinished = unfinished;
    this.#handle = handle;
  }

  /** Readable by its owner only. @throws UsageError OUTPUT_FILE_INVALID where no file can be made there */
  static async create(name: string): Promise<AtomicFile> {
    const path = resolve(name);
    const there = lstatSync(path, { throwIfNoEntry: false });
    // A rename would put a file in the place of a device, a link or a folder.
    if (there !== undefined && !there.isFile()) throw invalid(path, "it is no ordinary file");
    const unfinished = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.unfinished`);
    try {
      return new AtomicFile(path, unfinished, await open(unfinished, "wx", 0o600));
    } catch (cause) {
      throw invalid(path, (cause as Error).message, cause);
    }
  }

  /** @throws StorageError OUTPUT_FAILED */
  async write(text: string): Promise<void> {
    await this.#told(this.#handle.writeFile(text)); // goes on behind what was written before
  }

  /** From here on it is there, also after a loss of power. @throws StorageError OUTPUT_FAILED */
  async finish(): Promise<void> {
    await this.#told(this.#handle.sync());
    await this.#handle.close();
    await this.#told(rename(this.#unfinished, this.path));
    const folder = await open(dirname(this.path), "r");
    try {
      await this.#told(folder.sync());
    } finally {
      await folder.close();
    }
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.#handle.close();
    rmSync(this.#unfinished, { force: true });
  }

  async #told(act: Promise<void>): Promise<void> {
    try {
      await act;
    } catch (cause) {
      throw new StorageError("OUTPUT_FAILED", `${this.path} could not be written: ${(cause as Error).message}`, {
        hint: "free some space, or name a file elsewhere; what stood there before still does",
        cause,
      });
    }
  }
}

function invalid(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError("OUTPUT_FILE_INVALID", `${path} cannot be written: ${why}`, {
    hint: "name a file in a folder that is there, or leave it out and redirect stdout",
    cause,
  });
}
