import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, openSync, statSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { SessionDbError, StorageError } from "../errors.js";
import { makeFolder } from "../files/make-folder.js";
import { isSameFile } from "../log/file-name.js";
import { KEY_BYTES, type KeyStore, type SessionKey } from "../log/key-store.js";
import { keyFilePath, placeOfKey } from "./key-files.js";
import { OpenKeyFiles } from "./open-key-files.js";

/** Keys of one file: 128 KiB. */
const SLOTS = 4096;

/**
 * Keys in a folder of small files (0700, files 0600): each process that makes keys has a file of its own and appends to it,
 * 32 bytes a key, so nobody needs a lock. Destroying a key overwrites it with zeros where it stands, from any process; a
 * full file whose keys are all destroyed is removed. What the disk keeps of overwritten blocks (flash, snapshots of the
 * file system) is out of reach here.
 */
export class FileKeyStore implements KeyStore {
  readonly url: string;
  readonly #folder: string;
  readonly #open = new OpenKeyFiles();
  #own: { file: string; handle: FileHandle; count: number } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** Nothing is made before the first key. */
  constructor(folder: string) {
    this.#folder = resolve(folder);
    this.url = `file:${this.#folder}`;
  }

  create(count: number): Promise<readonly SessionKey[]> {
    return this.#inTurn(() => this.#act(() => this.#create(count)));
  }

  async read(id: string): Promise<readonly SessionKey[]> {
    const place = placeOfKey(id);
    if (place === undefined) return [];
    try {
      const key = this.#open.read(keyFilePath(this.#folder, place.file), place.slot);
      return key === null ? [] : [{ id, key }];
    } catch (error) {
      throw this.#translated(error);
    }
  }

  async destroy(ids: readonly string[]): Promise<void> {
    const slotsOf = new Map<string, number[]>();
    for (const place of ids.map(placeOfKey)) {
      if (place === undefined) continue;
      const slots = slotsOf.get(place.file) ?? [];
      slots.push(place.slot);
      slotsOf.set(place.file, slots);
    }
    for (const [file, slots] of slotsOf) await this.#act(() => this.#erase(file, slots));
  }

  close(): Promise<void> {
    return this.#inTurn(() =>
      this.#act(async () => {
        this.#open.close();
        await this.#leaveFile();
      }),
    );
  }

  /** Only keys that others find are given out: a file that was moved away or removed since is left, and its slots with it. */
  async #create(count: number): Promise<readonly SessionKey[]> {
    const keys = await this.#append(count);
    if (this.#isNamed()) return keys;
    await this.#leaveFile();
    const again = await this.#append(count);
    if (this.#isNamed()) return again;
    await this.#leaveFile();
    throw new Error("a file of keys was removed or replaced while it was written");
  }

  #isNamed(): boolean {
    if (this.#own === undefined) return false;
    const named = statSync(keyFilePath(this.#folder, this.#own.file), { throwIfNoEntry: false });
    return named !== undefined && isSameFile(named, fstatSync(this.#own.handle.fd));
  }

  async #append(count: number): Promise<readonly SessionKey[]> {
    if (this.#own !== undefined && this.#own.count + count > SLOTS) await this.#leaveFile();
    this.#own ??= await this.#newFile();
    const { file, handle, count: first } = this.#own;
    const bytes = randomBytes(count * KEY_BYTES);
    this.#own.count += count; // slots that a failed write has touched are not used again
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, first * KEY_BYTES);
    if (bytesWritten < bytes.length) throw new Error("the disk took only a part of the keys");
    await handle.datasync();
    return Array.from({ length: count }, (_, i) => ({
      id: `${file}.${first + i}`,
      key: Buffer.from(bytes.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES)),
    }));
  }

  async #newFile(): Promise<{ file: string; handle: FileHandle; count: number }> {
    makeFolder(this.#folder, 0o700);
    const file = randomBytes(16).toString("hex");
    const handle = await open(keyFilePath(this.#folder, file), "wx", 0o600);
    syncNames(this.#folder);
    syncNames(dirname(this.#folder));
    return { file, handle, count: 0 };
  }

  async #leaveFile(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    await own?.handle.close();
  }

  async #erase(file: string, slots: readonly number[]): Promise<void> {
    const path = keyFilePath(this.#folder, file);
    const handle = await openIfThere(path);
    if (handle === undefined) return this.#assertThere();
    try {
      const { size } = await handle.stat();
      for (const slot of slots) {
        if ((slot + 1) * KEY_BYTES <= size) await handle.write(Buffer.alloc(KEY_BYTES), 0, KEY_BYTES, slot * KEY_BYTES);
      }
      await handle.datasync();
      // Only a full file: its maker still appends to any other one.
      if (size >= SLOTS * KEY_BYTES && (await isErased(handle, size))) await rm(path, { force: true });
    } finally {
      await handle.close();
    }
  }

  /** A file that is not there had keys that were all destroyed. A folder that is not there may lie on a disk that is away. */
  #assertThere(): void {
    if (statSync(this.#folder, { throwIfNoEntry: false }) !== undefined) return;
    throw new StorageError("KEY_STORE_FAILED", `${this.url} is not there, so no key in it was destroyed`, {
      hint: "mount the disk of the keys, or bring their folder back; where it was removed for good, make an empty one",
    });
  }

  async #act<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw this.#translated(error);
    }
  }

  #translated(cause: unknown): SessionDbError {
    if (cause instanceof SessionDbError) return cause;
    return new StorageError("KEY_STORE_FAILED", `${this.url}: ${(cause as Error).message}`, {
      hint: "make the folder of the keys readable and writable for this user, and see that the disk is not full",
      cause,
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => undefined); // only the caller is told
    return result;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function isErased(handle: FileHandle, size: number): Promise<boolean> {
  const bytes = Buffer.alloc(size);
  await handle.read(bytes, 0, size, 0);
  return bytes.equals(Buffer.alloc(size)); // natively: one by one, 128 KiB take as long as all the rest of it
}

/** A new name survives a loss of power only when its folder is synced. */
function syncNames(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
