import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** An event holds at most 16 MiB. */
export const MAX_PLAIN_FILE_BYTES = 16 * 1024 * 1024;

/** What is wrong with one file; the others are read. */
export class FileFault extends Error {}

/** The bytes of an ordinary file. Links are not followed: they could lead anywhere. @throws FileFault */
export async function readPlainFile(path: string): Promise<Buffer> {
  // Not blocking: opening a pipe would wait for a writer.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    throw new FileFault(
      error.code === "ELOOP" ? "it is a link, which is not followed" : `it cannot be read (${error.code})`,
    );
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new FileFault("it is no ordinary file");
    if (stat.size > MAX_PLAIN_FILE_BYTES)
      throw new FileFault(`it has ${stat.size} bytes, more than ${MAX_PLAIN_FILE_BYTES}`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Of JSON: without a byte order mark at the start. @throws FileFault where it is no UTF-8 */
export function textOf(bytes: Uint8Array): string {
  return decoded(bytes, false);
}

/** Of a content, with all that its file holds. @throws FileFault where it is no UTF-8 */
export function wholeTextOf(bytes: Uint8Array): string {
  return decoded(bytes, true);
}

function decoded(bytes: Uint8Array, ignoreBOM: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM }).decode(bytes);
  } catch {
    throw new FileFault("it is no UTF-8 text");
  }
}
