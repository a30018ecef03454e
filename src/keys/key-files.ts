import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { KEY_BYTES } from "../log/key-store.js";

/** Where a key lies: `<file>.<slot>`. */
export interface KeyPlace {
  readonly file: string;
  readonly slot: number;
}

const ID = /^([0-9a-f]{32})\.(\d{1,6})$/;
const ERASED = Buffer.alloc(KEY_BYTES);

/** @returns undefined for the key of another kind of store; no id leads out of the folder */
export function placeOfKey(id: string): KeyPlace | undefined {
  const [, file, slot] = ID.exec(id) ?? [];
  return file === undefined ? undefined : { file, slot: Number(slot) };
}

export function keyFilePath(folder: string, file: string): string {
  return join(folder, `${file}.keys`);
}

/** At once and not by a thread: some microseconds for 32 bytes. @returns null where the key was erased, or never was */
export function readKeyNow(path: string, slot: number): Buffer | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    if (fstatSync(fd).size < (slot + 1) * KEY_BYTES) return null;
    const key = Buffer.allocUnsafeSlow(KEY_BYTES);
    readSync(fd, key, 0, KEY_BYTES, slot * KEY_BYTES);
    return key.equals(ERASED) ? null : key;
  } finally {
    closeSync(fd);
  }
}
