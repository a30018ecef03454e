import { closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { IntegrityError, RefusedError, StorageError } from "../errors.js";
import { assertCreatable } from "../files/assert-creatable.js";
import { fileErrorText } from "../files/file-error-text.js";
import { makeFolder } from "../files/make-folder.js";
import { unfinishedPath } from "../files/new-file.js";
import { isTaken, putInPlace } from "../files/put-in-place.js";
import { removeIfThere } from "../files/remove-if-there.js";
import type { ArchiveEntry } from "../log/archives.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { syncFolder } from "../log/sync-folder.js";
import { writeWhole } from "../log/write-whole.js";
import { type ArchiveHeader, encodeHeader, headerBytes } from "./archive-header.js";
import { BlockWriter } from "./block-writer.js";
import { checkArchive } from "./check-archive.js";

export interface ArchiveRange {
  /** Offsets, both inclusive. */
  readonly from: number;
  readonly to: number;
  /** Hash of the event before `from`. */
  readonly before: string;
}

export interface WriteArchiveOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Stops the writing; then nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes events of a log to an archive file. Its name appears when all of it is on the disk, was read back from end to end,
 * and is found to hold exactly what the log holds; before that nothing has it.
 *
 * @throws RefusedError OUTPUT_EXISTS; StorageError OUTPUT_UNWRITABLE; IntegrityError ARCHIVE_DAMAGED, ARCHIVE_MISMATCH;
 *   whatever reading the log throws. No file of that name is left by any of these.
 */
export async function writeArchive(
  log: EventLog,
  range: ArchiveRange,
  file: string,
  options: WriteArchiveOptions = {},
): Promise<ArchiveEntry> {
  const path = resolve(file);
  if (existsSync(path)) throw archiveExists(path);
  const unfinished = unfinishedPath(path);
  try {
    makeFolder(dirname(path), 0o700);
    const written = await writeFile(log, range, unfinished, options);
    const checked = await checkArchive(unfinished);
    assertSame(checked.header, written, path);
    await nextTurn();
    options.signal?.throwIfAborted();
    await putInPlace(unfinished, path, false);
    syncFolder(dirname(path));
    return { ...checked.entry, file: path };
  } catch (error) {
    removeIfThere(unfinished);
    throw outputError(error, path);
  }
}

async function writeFile(
  log: EventLog,
  { from, to, before }: ArchiveRange,
  path: string,
  { onProgress, signal }: WriteArchiveOptions,
): Promise<ArchiveHeader> {
  const fd = openSync(path, "wx", 0o600);
  try {
    const room = headerBytes({ store: log.url, from, to });
    writeWhole(fd, Buffer.alloc(room));
    const writer = new BlockWriter(fd, room);
    let [first, last]: (SealedEvent | undefined)[] = [];
    for await (const page of log.readAll({ from, to })) {
      for (const event of page) await writer.add(event);
      first ??= page[0];
      last = page.at(-1);
      onProgress?.((last?.offset ?? 0) - from + 1, to - from + 1);
      await nextTurn();
      signal?.throwIfAborted();
    }
    const { index, lines } = await writer.finish();
    const { hash = "", recordedAt = "" } = last ?? {};
    const times = { firstAt: first?.recordedAt ?? "", recordedAt };
    const facts = { store: log.url, from, to, streams: writer.index.streamCount, before, hash, ...times, lines, index };
    const header: ArchiveHeader = { sessiondbArchive: 1, ...facts };
    writeWhole(fd, encodeHeader(header, room), 0);
    fsyncSync(fd);
    return header;
  } finally {
    closeSync(fd);
  }
}

/** What was read back, against what was read from the log. */
function assertSame(read: ArchiveHeader, written: ArchiveHeader, path: string): void {
  if (read.hash === written.hash && read.lines.sha256 === written.lines.sha256) return;
  throw new IntegrityError("ARCHIVE_MISMATCH", `${path} does not hold what was written to it`, {
    hint: "nothing else was changed; check the disk",
  });
}

/** Before anything is written, for who only asks. @throws StorageError OUTPUT_UNWRITABLE: no file can be made there */
export function assertArchivePlace(path: string): void {
  try {
    assertCreatable(path);
  } catch (error) {
    throw outputError(error, path);
  }
}

export function archiveExists(path: string): RefusedError {
  return new RefusedError("OUTPUT_EXISTS", `${path} is there already, and is no archive of these events`, {
    hint: "name another file; an archive is never written over",
  });
}

function outputError(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined) return error;
  if (isTaken(error)) return archiveExists(path);
  return new StorageError("OUTPUT_UNWRITABLE", `${path} cannot be written: ${fileErrorText(error)}`, {
    hint: "name a file on a disk with room, in a folder that this user may write to",
    cause: error,
  });
}
