import { randomBytes } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { putInPlace } from "./put-in-place.js";

const PRIVATE = 0o600;
const FLUSH_CHARS = 256 * 1024;

/**
 * A file that appears whole or not at all: it is written beside its place under another name, with mode 0600 if none is
 * given, and gets its own when all of it is on the disk. Rejects as `fs` does.
 */
export class NewFile {
  readonly #path: string;
  readonly #unfinished: string;
  readonly #handle: FileHandle;
  #waiting: string[] = [];
  #waitingChars = 0;

  private constructor(path: string, unfinished: string, handle: FileHandle) {
    this.#path = path;
    this.#unfinished = unfinished;
    this.#handle = handle;
  }

  static async begin(path: string, mode = PRIVATE): Promise<NewFile> {
    const unfinished = unfinishedPath(path);
    const handle = await open(unfinished, "wx", PRIVATE);
    if (mode !== PRIVATE) await handle.chmod(mode);
    return new NewFile(path, unfinished, handle);
  }

  async write(text: string): Promise<void> {
    this.#waiting.push(text);
    this.#waitingChars += text.length;
    if (this.#waitingChars >= FLUSH_CHARS) await this.#flush();
  }

  /** As `put`, and makes its name last, where that is possible. */
  async publish(replaces: boolean): Promise<void> {
    await this.put(replaces);
    await syncFolder(dirname(this.#path));
  }

  /**
   * Puts it in its place. Its folder is the caller's to sync, who can tell of a failure what it is: a file that is there, and
   * that a loss of power may take away.
   *
   * @param replaces false: rejects with EEXIST where something has come to stand in its place, and leaves that alone
   */
  async put(replaces: boolean): Promise<void> {
    await this.#flush();
    await this.#handle.sync();
    await this.#handle.close();
    await putInPlace(this.#unfinished, this.#path, replaces);
  }

  /** Leaves nothing behind. Harmless after publish. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined); // the reason to discard it may be that it cannot be closed
    await rm(this.#unfinished, { force: true });
  }

  async #flush(): Promise<void> {
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#waitingChars = 0;
    await this.#handle.writeFile(text); // from where the last one ended
  }
}

/** Without it a crash may lose the name of a file whose bytes are there. Not every platform opens folders. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/**
 * A name beside `path` for what is to become it, that nobody else has: not the number of the process, which in containers is
 * the same in each. `doctor` knows these names, and says so where one was left.
 */
export function unfinishedPath(path: string): string {
  return join(dirname(path), `.unfinished-${randomBytes(6).toString("hex")}`);
}
