import { lstatSync, type Stats } from "node:fs";
import { resolve } from "node:path";
import { StorageError, UsageError } from "../../errors.js";
import { makeNameLast, outputExists } from "../../export/atomic-file.js";
import { fileErrorText } from "../../files/file-error-text.js";
import { NewFile } from "../../files/new-file.js";

/** Where a command writes in the place of stdout: there whole or not at all. */
export class OutputFile {
  readonly path: string;
  readonly #file: NewFile;
  readonly #replaces: boolean;

  private constructor(path: string, file: NewFile, replaces: boolean) {
    this.path = path;
    this.#file = file;
    this.#replaces = replaces;
  }

  /**
   * Readable by its owner only.
   *
   * @param replaces whether it may take the place of a file that is there
   * @throws UsageError OUTPUT_FILE_INVALID where no file can be made there; RefusedError OUTPUT_EXISTS
   */
  static async create(name: string, replaces: boolean): Promise<OutputFile> {
    const path = resolve(name);
    assertReplaceable(path, replaces);
    const file = await NewFile.begin(path).catch((cause: Error) => {
      throw invalid(path, fileErrorText(cause), cause);
    });
    return new OutputFile(path, file, replaces);
  }

  /** @throws StorageError OUTPUT_FAILED */
  async write(text: string): Promise<void> {
    await this.#told(this.#file.write(text));
  }

  /** From here on it is there, also after a loss of power. @throws StorageError OUTPUT_FAILED */
  async finish(): Promise<void> {
    await this.#told(this.#file.put(this.#replaces));
    makeNameLast(this.path, "OUTPUT_FAILED");
  }

  /** Leaves nothing behind. Harmless after finish. */
  async discard(): Promise<void> {
    await this.#file.discard();
  }

  async #told(act: Promise<void>): Promise<void> {
    await act.catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "EEXIST") throw outputExists(this.path);
      throw new StorageError("OUTPUT_FAILED", `${this.path} could not be written: ${fileErrorText(cause)}`, {
        hint: "free some space, or name a file elsewhere; what stood there before still does",
        cause,
      });
    });
  }
}

/** A rename would put a file in the place of a device, a link or a folder. */
function assertReplaceable(path: string, replaces: boolean): void {
  let there: Stats | undefined;
  try {
    there = lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw invalid(path, fileErrorText(cause), cause);
  }
  if (there === undefined) return;
  if (!there.isFile()) throw invalid(path, "it is no ordinary file");
  if (!replaces) throw outputExists(path);
}

function invalid(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError("OUTPUT_FILE_INVALID", `${path} cannot be written: ${why}`, {
    hint: "name a file in a folder that is there, or leave it out and redirect stdout",
    cause,
  });
}
