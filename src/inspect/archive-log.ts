import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ArchiveFile } from "../archive/archive-file.js";
import { ArchiveShelf } from "../archive/archive-shelf.js";
import { checkArchive } from "../archive/check-archive.js";
import { archiveExists, assertArchivePlace, writeArchive } from "../archive/write-archive.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { ArchivedError, IntegrityError, MovedError, NotFoundError, StoppedError } from "../errors.js";
import { type ArchiveEntry, archiveUnsupported } from "../log/archives.js";
import { assertLog } from "../log/assert-log.js";
import { encodeLine } from "../log/event-line.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { redactionEpoch } from "../log/redaction.js";
import { keepStates } from "../replay/base-states.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { type ArchivePlan, planArchive } from "./archive-plan.js";
import type { PointLike } from "./point.js";
import { PROJECTIONS } from "./projections.js";

export interface ArchiveOptions {
  readonly now?: Date;
  /** How many events were written so far, and how many it will be. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops it: then the store has all its events, and a file is there only if it is whole. */
  readonly signal?: AbortSignal;
}

const ARCHIVE_OPTIONS: KnownOptions<ArchiveOptions> = { now: true, onProgress: true, signal: true };

/** One archive of a store. */
export interface ArchiveState extends ArchiveEntry {
  /** Where its file is now; null where it is not at hand. Its bytes were not read through to say so. */
  readonly foundAt: string | null;
}

/**
 * Moves the events before a point into a file, which is written, synced, read back and verified before any of them leaves
 * the store. Offsets and chain go on. A file that is there is taken where it holds exactly these events, as a run that was
 * killed leaves it; no other is written over. The file belongs to the store from then on: keep it, and copies of it.
 *
 * @param point as {@link planArchive}
 * @returns the archive; undefined where there is nothing to archive, and nothing was written
 * @throws RefusedError ARCHIVE_UNSUPPORTED, ARCHIVE_UNDELIVERED, OUTPUT_EXISTS, ARCHIVE_OUTDATED; StorageError OUTPUT_UNWRITABLE; MovedError;
 *   StoppedError ARCHIVE_STOPPED behind the writing of the file, and the reason of the signal before; as resolvePoint and
 *   EventLog.archive. The store is as it was after any of these.
 */
export async function archiveBefore(
  log: EventLog,
  point: PointLike,
  file: string,
  options: ArchiveOptions = {},
): Promise<ArchiveEntry | undefined> {
  assertLog(log);
  assertOptions("archiveBefore", options, ARCHIVE_OPTIONS);
  const { now, onProgress, signal } = options;
  const plan = await planArchive(log, point, now);
  if (log.archive === undefined) throw archiveUnsupported(log.url);
  if (plan.events === 0) return undefined;
  await assertNotMoved(log);
  const redacted = await redactionEpoch(log.sidecar);
  const path = resolve(file);
  const entry = existsSync(path)
    ? await sameArchive(log, plan, path)
    : await writeArchive(log, plan, path, { onProgress, signal });
  await keepStates(log, PROJECTIONS, { offset: entry.to, hash: entry.hash });
  if (log.readModels !== undefined) for (const projection of PROJECTIONS) await caughtUp(log, projection);
  await nextTurn();
  if (signal?.aborted === true) throw stoppedBehind(path);
  await log.archive(entry, redacted);
  return entry;
}

/**
 * Whether archiveBefore could carry out a plan, as far as can be seen without writing anything.
 *
 * @param file without it only the store is asked
 * @throws as archiveBefore
 */
export async function assertArchivable(log: EventLog, plan: ArchivePlan, file?: string): Promise<void> {
  if (plan.events === 0) return;
  await assertNotMoved(log);
  if (file === undefined) return;
  const path = resolve(file);
  if (existsSync(path)) await sameArchive(log, plan, path);
  else assertArchivePlace(path);
}

async function assertNotMoved(log: EventLog): Promise<void> {
  const movedTo = await log.movedTo?.();
  if (movedTo != null) throw new MovedError(log.url, movedTo);
}

/** The file is left: another process may have taken it for the same archive meanwhile. */
function stoppedBehind(path: string): StoppedError {
  return new StoppedError(
    "ARCHIVE_STOPPED",
    `stopped: nothing left the store; ${path} is whole and belongs to nothing`,
    {
      hint: "the same command goes on with that file; or remove it",
    },
  );
}

/**
 * The archives of a store, oldest first, and where their files are.
 *
 * @param places where they may be: files and folders
 * @throws RefusedError ARCHIVE_UNSUPPORTED
 */
export async function archiveStates(log: EventLog, places: readonly string[]): Promise<ArchiveState[]> {
  assertLog(log);
  if (log.archives === undefined) throw archiveUnsupported(log.url);
  const shelf = new ArchiveShelf(places);
  try {
    const states: ArchiveState[] = [];
    for (const entry of await log.archives()) states.push({ ...entry, foundAt: await foundAt(shelf, entry) });
    return states;
  } finally {
    await shelf.close();
  }
}

/**
 * Puts the events of the last archive of a store back into it. The file is verified before, and stays.
 *
 * @throws RefusedError ARCHIVE_UNSUPPORTED; NotFoundError ARCHIVE_NOT_FOUND; IntegrityError ARCHIVE_DAMAGED;
 *   ChainBreakError it is not the last archive of this store; MovedError. Nothing was changed.
 */
export async function restoreArchive(log: EventLog, file: string, options: ArchiveOptions = {}): Promise<ArchiveEntry> {
  assertLog(log);
  assertOptions("restoreArchive", options, ARCHIVE_OPTIONS);
  if (log.unarchive === undefined || log.archives === undefined) throw archiveUnsupported(log.url);
  const { entry } = await checkArchive(file, options.onProgress);
  const known = (await log.archives()).find(
    ({ from, to, hash }) => from === entry.from && to === entry.to && hash === entry.hash,
  );
  if (known === undefined) throw notOfThisStore(log.url, entry.file);
  if (known.sha256 !== entry.sha256) {
    throw new IntegrityError(
      "ARCHIVE_MISMATCH",
      `${entry.file} is another file than the one that ${log.url} was archived to`,
      {
        hint: `take the one with the SHA-256 ${known.sha256}`,
      },
    );
  }
  const archive = await ArchiveFile.open(entry.file);
  try {
    const forwards = () => archive.readAll(entry.from, entry.to);
    await log.unarchive(known, { forwards, backwards: () => archive.backwards() });
    return known;
  } finally {
    await archive.close();
  }
}

/** A file that a run before this one has left behind, if the log holds exactly what it holds. */
async function sameArchive(
  log: EventLog,
  { from, before }: { readonly from: number; readonly before: string },
  path: string,
): Promise<ArchiveEntry> {
  const { entry } = await checkArchive(path);
  const { offset } = await log.tail();
  if (entry.from !== from || entry.before !== before || entry.to >= offset) throw archiveExists(path);
  const archive = await ArchiveFile.open(path);
  try {
    const events = eventsOf(archive.readAll(from, entry.to));
    for await (const event of eventsOf(log.readAll({ from, to: entry.to }))) {
      const { value } = await events.next();
      // The hash does not cover data that was erased since, which the file would still hold.
      if (value === undefined || encodeLine(value) !== encodeLine(event)) throw archiveExists(path);
    }
    return entry;
  } finally {
    await archive.close();
  }
}

/** So that tables need nothing of what is archived. One that stops at an event stays as it is. */
async function caughtUp(log: EventLog, projection: (typeof PROJECTIONS)[number]): Promise<void> {
  try {
    await new ReadModel(log, projection).get("");
  } catch (error) {
    if ((error as { code?: string }).code !== "PROJECTION_STOPPED") throw error;
  }
}

async function foundAt(shelf: ArchiveShelf, entry: ArchiveEntry): Promise<string | null> {
  try {
    return (await shelf.file(entry)).path;
  } catch (error) {
    if (error instanceof ArchivedError) return null;
    throw error;
  }
}

function notOfThisStore(url: string, file: string): NotFoundError {
  return new NotFoundError("ARCHIVE_UNKNOWN", `${file} is no archive of ${url}, or is back already`, {
    hint: "run: sessiondb archive list",
  });
}
