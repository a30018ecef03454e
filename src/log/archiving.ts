import type { ArchivedEvents, ArchiveEntry } from "./archives.js";

/** A log whose beginning may be moved into files, and back. */
export interface Archiving {
  /**
   * Takes a prefix of the log out of the store because it lies in an archive file now, which the caller has written, synced
   * and verified. Offsets and chain go on. What was archived is refused from then on with ArchivedError, by everybody who
   * has the log open: a read of any of it, an id of it that is appended again (also where the append is the same), cutting
   * the log back into it, erasing in it. Versions of streams go on as if it were there. All of it happens, or nothing, also
   * in a crash; the room may be given back a little later.
   *
   * It costs a walk over what is archived; others may write meanwhile.
   *
   * @param redacted the last redaction before the file was written (`redactionEpoch`)
   * @throws ChainBreakError the store does not begin at `from`, or has another event at `to`, or none behind it, or an
   *   append that goes on behind it; RefusedError ARCHIVE_OUTDATED data was erased meanwhile; MovedError. Nothing was changed.
   */
  archive(entry: ArchiveEntry, redacted: string | null): Promise<void>;

  /**
   * For whoever is about to write a file for `archive`: rejects where that would be refused whatever is in the file. Nothing
   * is changed. Absent where nothing speaks against it.
   *
   * @param to the last offset that is to be archived
   * @throws UsageError PERMISSION_DENIED; RefusedError ARCHIVE_UNDELIVERED a copy of this machine lacks some of it
   */
  assertArchivable?(to: number): Promise<void>;

  /**
   * Puts the events of the last archive back. The caller has verified that they are those of the file that the store knows.
   * All or nothing, as archive. Fine where it is back already.
   *
   * @throws ChainBreakError it is not the last archive, or not these events; MovedError. Nothing was changed.
   */
  unarchive(entry: ArchiveEntry, events: ArchivedEvents): Promise<void>;

  /** What was taken out of the store, oldest first; empty where it begins at offset 1. */
  archives(): Promise<readonly ArchiveEntry[]>;
}
