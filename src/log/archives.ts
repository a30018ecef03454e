import { ArchivedError, ChainBreakError, RefusedError } from "../errors.js";
import type { SealedEvent } from "./event.js";
import { EMPTY_TAIL, type Tail } from "./seal.js";
import { shellWord } from "./shell-word.js";

/** A piece of a log that was moved into a file. The first one begins at offset 1, each next one behind the one before. */
export interface ArchiveEntry {
  /** Offset of its first event. */
  readonly from: number;
  /** Offset of its last event, inclusive; the last one of its append. */
  readonly to: number;
  /** Hash of the event before `from`; 64 zeros before offset 1. */
  readonly before: string;
  /** Hash of the event at `to`. */
  readonly hash: string;
  /** Time of the event at `to`. */
  readonly recordedAt: string;
  /** How many streams have events in it. */
  readonly streams: number;
  /** Where the file was when it was written: an absolute path. */
  readonly file: string;
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  /** Size of the file. */
  readonly bytes: number;
}

/** The events of an archive file that was verified, for a log that takes them back. Pages are in order in themselves. */
export interface ArchivedEvents {
  forwards(): AsyncIterable<readonly SealedEvent[]>;
  /** The last page first. */
  backwards(): AsyncIterable<readonly SealedEvent[]>;
}

/** The end of what is archived, which the first event of the store continues; the empty tail where nothing is. */
export function baseOf(archives: readonly ArchiveEntry[]): Tail {
  const last = archives.at(-1);
  return last === undefined ? EMPTY_TAIL : { offset: last.to, hash: last.hash, recordedAt: last.recordedAt };
}

/** The same of a log; of one that cannot be archived the empty tail. */
export async function archivedBase(log: { archives?(): Promise<readonly ArchiveEntry[]> }): Promise<Tail> {
  return baseOf((await log.archives?.()) ?? []);
}

/** A store and an archive that do not fit each other. Nothing was changed. */
export function archiveMisfit(why: string, { from, to }: ArchiveEntry, tailOffset: number): ChainBreakError {
  return new ChainBreakError(`offsets ${from} to ${to} cannot be archived: ${why}`, tailOffset, {
    hint: "nothing was changed; look at the store first: sessiondb archive list",
  });
}

export function archiveUnsupported(url: string): RefusedError {
  return new RefusedError("ARCHIVE_UNSUPPORTED", `${url} cannot be archived; nothing was changed`, {
    hint: "stores in SQLite, JSONL and Postgres can be, where they are not opened to read only",
  });
}

/** For reads. @param what begins the message: `offset 3`, `a part of session-a` */
export function archived(what: string, last: ArchiveEntry): ArchivedError {
  return new ArchivedError(`${what} is archived: the store begins at offset ${last.to + 1}`, last.to, {
    hint: `name the archive with --archive ${shellWord(last.file)}, or put it back: ${putBack(last)}`,
  });
}

/** For what would change an archived event, or has to compare with one: only a store that has it can do that. */
export function archivedForGood(what: string, last: ArchiveEntry): ArchivedError {
  return new ArchivedError(`${what} is archived: nothing was written`, last.to, {
    hint: `put it back, do it again, and archive again: ${putBack(last)}`,
  });
}

function putBack({ file }: ArchiveEntry): string {
  return `sessiondb archive restore ${shellWord(file)}`;
}
