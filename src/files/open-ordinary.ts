import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { StorageError } from "../errors.js";

/** Not blocking: opening a pipe would wait for a writer. Of an ordinary file nothing else changes. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file that only programs of ours write, to read it. Whatever else somebody has put in its place (a pipe, a device)
 * would be waited for, or never end.
 *
 * @throws as openSync of Node, EISDIR for a folder, too; StorageError STORAGE_UNREADABLE no ordinary file
 */
export function openOrdinary(path: string): number {
  const fd = openAtOnce(path);
  try {
    assertOrdinary(path, fstatSync(fd));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** As openOrdinary, for who looks himself what it is. */
export function openAtOnce(path: string): number {
  return openSync(path, FLAGS);
}

/** All bytes of such a file. @throws as openOrdinary */
export function readOrdinary(path: string): Buffer {
  const fd = openOrdinary(path);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The text (UTF-8) of such a file, without holding the thread up. @throws as openOrdinary */
export async function ordinaryText(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, FLAGS);
    assertOrdinary(path, await file.stat());
    return await file.readFile("utf8");
  } finally {
    await file?.close();
  }
}

function assertOrdinary(path: string, stats: { isFile(): boolean; isDirectory(): boolean }): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw Object.assign(new Error(`EISDIR: ${path} is a folder`), { code: "EISDIR" });
  throw new StorageError("STORAGE_UNREADABLE", `${path} is a pipe or a device, and no file`, {
    hint: "move away what has come to stand there, and take the file from a backup",
  });
}
