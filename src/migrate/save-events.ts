import { closeSync, existsSync, fsyncSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { IntegrityError, RefusedError, StorageError } from "../errors.js";
import { assertCreatable } from "../files/assert-creatable.js";
import { fileErrorText } from "../files/file-error-text.js";
import { makeFolder } from "../files/make-folder.js";
import { unfinishedPath } from "../files/new-file.js";
import { isTaken, putInPlace } from "../files/put-in-place.js";
import { removeIfThere } from "../files/remove-if-there.js";
import { encodeLine } from "../log/event-line.js";
import type { EventLog, OffsetRange } from "../log/event-log.js";
import { syncFolder } from "../log/sync-folder.js";
import { writeWhole } from "../log/write-whole.js";
import { assertNothingLost } from "./assert-nothing-lost.js";
import { checkEventFile, type EventFileFacts } from "./event-file.js";
import { tailAt } from "./relation.js";

export interface SaveOptions {
  /** Replace a file that is there; otherwise it is refused. */
  readonly overwrite?: boolean;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Stops it before the file has its name; then nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes events of a log to a file, one line each as the JSONL backend writes them, so that a whole log's file is a log
 * itself. The name appears when everything is on the disk and was read back; before that nothing has it.
 *
 * @param range both bounds are inclusive; the last event must be the last of its append
 * @throws RefusedError OUTPUT_EXISTS; StorageError OUTPUT_UNWRITABLE; IntegrityError BACKUP_UNREADABLE what was read back is
 *   not what the log holds, EVENTS_MISSING the log itself has lost some; whatever reading the log throws. No file of that name is left by any of these.
 */
export async function saveEvents(
  log: EventLog,
  range: Required<OffsetRange>,
  file: string,
  options: SaveOptions = {},
): Promise<EventFileFacts> {
  const path = resolve(file);
  if (existsSync(path)) assertReplaceable(path, options);
  await assertNothingLost(log, range.to);
  const unfinished = unfinishedPath(path);
  try {
    await writeLines(log, range, unfinished, options);
    const facts = await checkEventFile(unfinished);
    await assertHolds(facts, log, range);
    await nextTurn();
    options.signal?.throwIfAborted();
    await putInPlace(unfinished, path, options.overwrite === true);
    syncFolder(dirname(path));
    return { ...facts, path };
  } catch (error) {
    removeIfThere(unfinished);
    throw fileError(error, path);
  }
}

/** Whether a file could be saved there, for who only asks: nothing is made. @throws as {@link saveEvents}, of its place */
export function assertSavable(file: string): void {
  const path = resolve(file);
  if (existsSync(path)) assertReplaceable(path, {});
  try {
    assertCreatable(path);
  } catch (error) {
    throw fileError(error, path);
  }
}

/** A rename would put a file in the place of a device or a pipe, and so take it from everybody. */
function assertReplaceable(path: string, { overwrite = false }: SaveOptions): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) throw unwritable(path, "it is no ordinary file");
  if (!overwrite) throw fileExists(path);
}

async function writeLines(
  log: EventLog,
  range: Required<OffsetRange>,
  path: string,
  { onProgress, signal }: SaveOptions,
): Promise<void> {
  makeFolder(dirname(path), 0o700);
  const fd = openSync(path, "wx", 0o600);
  try {
    for await (const page of log.readAll(range)) {
      await nextTurn();
      signal?.throwIfAborted();
      writeWhole(fd, Buffer.from(page.map(encodeLine).join("")));
      onProgress?.((page.at(-1)?.offset ?? 0) - range.from + 1, range.to - range.from + 1);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

async function assertHolds(facts: EventFileFacts, log: EventLog, { from, to }: Required<OffsetRange>): Promise<void> {
  const expected = Math.max(0, to - from + 1);
  const { hash } = await tailAt(log, expected === 0 ? 0 : to);
  if (facts.events === expected && facts.tail.hash === hash && (expected === 0 || facts.first === from)) return;
  const message = `what was written holds ${facts.events} events up to ${facts.tail.hash}, ${expected} up to ${hash} were to be saved`;
  throw new IntegrityError("BACKUP_UNREADABLE", message, { hint: "nothing else was changed; check the disk" });
}

function fileExists(path: string): RefusedError {
  return new RefusedError("OUTPUT_EXISTS", `${path} is there already`, { hint: "name another file, or add --force" });
}

function fileError(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined) return error;
  if (isTaken(error)) return fileExists(path);
  return unwritable(path, fileErrorText(error), error);
}

function unwritable(path: string, why: string, cause?: unknown): StorageError {
  return new StorageError("OUTPUT_UNWRITABLE", `${path} cannot be written: ${why}`, {
    hint: "make room there and let this user write there; or name another place, of a backup with -o, for what a rollback saves with XDG_STATE_HOME",
    cause,
  });
}
