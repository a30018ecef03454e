import { ChainBreakError, MovedError } from "../../errors.js";
import { FileLock } from "../../files/file-lock.js";
import { type ArchivedEvents, type ArchiveEntry, archiveMisfit } from "../archives.js";
import type { SealedEvent } from "../event.js";
import type { RedactResult } from "../event-log.js";
import type { PreparedEvent } from "../prepare.js";
import { type PreparedRedaction, sealedOf } from "../prepare-redaction.js";
import {
  announceRedaction,
  archiveOutdated,
  assertErasable,
  assertInLog,
  forgetSnapshots,
  offsetsNamedBy,
  redactionEpoch,
} from "../redaction.js";
import { type Known, type SealOutcome, seal, type Tail } from "../seal.js";
import { assertContinues } from "../sealed-run.js";
import type { Sidecar } from "../sidecar.js";
import type { ArchivedPart } from "./archived-part.js";
import { writePart } from "./archived-part-writer.js";
import { beginSegmentLocked } from "./begin-segment.js";
import { cutLog } from "./cut-log.js";
import { isReadOnlyError } from "./file-errors.js";
import { JsonlReader } from "./jsonl-reader.js";
import type { Indexed, JsonlStore, Seen } from "./jsonl-store.js";
import { LogFile } from "./log-file.js";
import { ignoredNotice, type LogNotice, movedNotice, notBegunNotice } from "./log-notice.js";
import { makeFolderOf } from "./log-path.js";
import { checkManifest, type Manifest, manifestStamp, NO_MANIFEST, writeManifestLocked } from "./manifest.js";
import { putBackLocked, takeOutLocked } from "./move-archive.js";
import { settleSegmentsLocked } from "./replace-log.js";
import { rewriteLogLocked } from "./rewrite-log.js";
import { moveTornTailLocked } from "./torn-tail.js";

type Group = readonly (readonly PreparedEvent[])[];

export interface WriterSettings {
  readonly url: string;
  readonly now: () => Date;
  readonly lockTimeoutMs: number;
  readonly notify: (notice: LogNotice) => void;
  readonly sidecar: Sidecar;
  /** Where the file has as many bytes, a new one is begun; undefined: never. */
  readonly segmentBytes: number | undefined;
}

/** The acts that change the file: each takes the lock, learns what others have written, and mends a torn tail first. */
export class JsonlWriter {
  readonly #store: JsonlStore;
  readonly #settings: WriterSettings;
  readonly #lock: FileLock;
  #manifest: Manifest | undefined;
  /** Of the manifest that was last read. */
  #stamp = "";
  #cannotBegin = false;

  constructor(store: JsonlStore, settings: WriterSettings) {
    this.#store = store;
    this.#settings = settings;
    this.#lock = new FileLock(`${store.file.path}.lock`, settings.lockTimeoutMs);
  }

  /** @throws UsageError where the manifest names a lock or a format that this program does not know */
  checkManifest(): Manifest | undefined {
    const { path } = this.#store.file;
    const stamp = manifestStamp(path);
    // First the stamp: what is replaced in between is read again the next time.
    if (stamp === "" || stamp !== this.#stamp) this.#manifest = checkManifest(path);
    this.#stamp = stamp;
    return this.#manifest;
  }

  /** @returns the last tail @throws MovedError */
  async freeze(movedTo: string): Promise<Tail> {
    return this.#locked(async ({ end, before }) => {
      const already = this.#manifest?.movedTo ?? null;
      if (already !== null && already !== movedTo) this.#assertHereLocked();
      if (already === null) this.#writeMovedToLocked(movedTo, before);
      return end.tail;
    });
  }

  async thaw(): Promise<void> {
    await this.#locked(async ({ before }) => {
      if (this.#manifest?.movedTo != null) this.#writeMovedToLocked(null, before);
    });
  }

  #writeMovedToLocked(movedTo: string | null, { entries: archives }: ArchivedPart): void {
    writeManifestLocked(this.#store.file.path, { ...(this.#manifest ?? NO_MANIFEST), movedTo, archives });
  }

  async append(group: Group): Promise<readonly SealOutcome[]> {
    return this.#locked(async (known) => {
      const sealed = seal(known.end.tail, group, this.#known(known, group), this.#settings.now());
      if (sealed.events.length > 0) {
        this.#assertHereLocked();
        await this.#store.writeLocked(sealed.events, sealed.tail);
        await this.#closeFullLocked();
      } else if (sealed.outcomes.some(({ kind }) => kind === "repeated")) {
        // Nobody may have answered for what is repeated: whoever wrote it may have been killed before its sync.
        await this.#store.makeLastLocked();
      }
      return sealed.outcomes;
    });
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    return this.#locked(async (known) => {
      const { end, index } = known;
      assertContinues(end.tail, events, (stream) => index.versionOf(stream));
      const last = events.at(-1);
      if (last === undefined) {
        await this.#store.makeLastLocked();
        return end.tail;
      }
      this.#assertHereLocked();
      const tail = { offset: last.offset, hash: last.hash, recordedAt: last.recordedAt };
      const named = offsetsNamedBy(events);
      assertStored(known, named[0]);
      if (named.length === 0) await this.#store.writeLocked(events, tail);
      else await this.#rewriteLocked(known, named, events, tail.hash);
      await this.#closeFullLocked();
      return tail;
    });
  }

  /** What was appended is on the disk whatever happens here: where it fails, the file grows on. */
  async #closeFullLocked(): Promise<void> {
    const { segmentBytes, url, notify } = this.#settings;
    const { file } = this.#store;
    if (segmentBytes === undefined || this.#cannotBegin) return;
    const seen = await this.#store.borrowed();
    try {
      if (seen.end.wholeBytes - file.segments.bytes >= segmentBytes) await beginSegmentLocked(seen);
    } catch (error) {
      this.#cannotBegin = true;
      notify(notBegunNotice(url, error as Error));
    } finally {
      seen.file.giveBack();
    }
  }

  async redact({ offsets, append, recordId }: PreparedRedaction): Promise<RedactResult> {
    return this.#locked(async (known) => {
      this.#assertHereLocked();
      assertInLog(offsets, known.end.tail.offset);
      assertStored(known, offsets[0]);
      let erased = 0;
      for (const offset of offsets) {
        const event = this.#store.eventAt(known, offset);
        assertErasable(event);
        if (!event.redacted) erased++;
      }
      const { outcomes } = seal(known.end.tail, [append], this.#known(known, [append]), this.#settings.now());
      const events = sealedOf(outcomes);
      await this.#rewriteLocked(known, offsets, events, recordId);
      return { events, erased, remains: [] };
    });
  }

  async #rewriteLocked(
    known: Indexed,
    offsets: readonly number[],
    events: readonly SealedEvent[],
    epoch: string,
  ): Promise<void> {
    const { sidecar } = this.#settings;
    await announceRedaction(sidecar, epoch);
    await rewriteLogLocked(this.#store, known, offsets, events);
    await this.#store.rewrittenLocked();
    await forgetSnapshots(sidecar);
  }

  async truncateAfter(offset: number, expected: Tail): Promise<Tail> {
    return this.#locked(async (known) => {
      const { tail } = known.end;
      this.#assertHereLocked();
      if (tail.offset !== expected.offset || tail.hash !== expected.hash) {
        throw new ChainBreakError(`the log ends at ${tail.offset}, expected ${expected.offset}`, tail.offset, {
          hint: "somebody has appended since: look at the new events before cutting",
        });
      }
      assertStored(known, offset);
      if (offset < tail.offset) await cutLog(this.#store, known, offset, this.#settings.now());
      return (await this.#store.end()).tail;
    });
  }

  /** @throws ChainBreakError, RefusedError ARCHIVE_OUTDATED, MovedError */
  async archive(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    await this.#locked((known) => this.#assertFitsLocked(known, entry, redacted));
    const { from, to } = entry;
    // Others may append meanwhile: these lines stay what they are, or the hash says so.
    const part = await writePart(this.#store.file.path, entry, new JsonlReader(this.#store).readAll({ from, to }));
    await this.#locked(async (known) => {
      await this.#assertFitsLocked(known, entry, redacted);
      if (part.streams !== entry.streams || part.ids !== to - from + 1)
        throw misfit("it has other streams", entry, known);
      await takeOutLocked(this.#store, known, entry);
    });
  }

  /** Needs no index: it is the way back also where what it is made of is lost. @throws ChainBreakError, MovedError */
  async unarchive(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    const { file } = this.#store;
    this.#store.assertUsable();
    await this.#lock.hold(async () => {
      this.#store.assertUsable();
      file.openForWriting();
      this.checkManifest();
      this.#assertHereLocked();
      await this.#moveTornTailLocked();
      const seen = await this.#store.borrowed();
      try {
        const last = seen.before.entries.at(-1);
        if (last === undefined || last.to < entry.from) return;
        if (last.to !== entry.to || last.hash !== entry.hash) {
          throw misfit(`the last archive is ${last.from} to ${last.to}`, entry, seen);
        }
        await putBackLocked(this.#store, seen, entry, events);
      } finally {
        seen.file.giveBack();
      }
    });
  }

  async #assertFitsLocked(known: Indexed, entry: ArchiveEntry, redacted: string | null): Promise<void> {
    this.#assertHereLocked();
    const { from, to, before, hash } = entry;
    const { base } = known.before;
    if (from !== base.offset + 1 || before !== base.hash)
      throw misfit(`the store begins at offset ${base.offset + 1}`, entry, known);
    if (to >= known.end.tail.offset) throw misfit("no event would stay behind them", entry, known);
    const last = this.#store.eventAt(known, to);
    if (last.hash !== hash) throw misfit(`the event at offset ${to} is another one`, entry, known);
    if (last.commit !== to) throw misfit(`the append of offset ${to} goes on behind it`, entry, known);
    if ((await redactionEpoch(this.#settings.sidecar)) !== redacted) throw archiveOutdated(entry.file);
  }

  /**
   * Moves a torn tail aside where that is possible now. A live writer that holds the lock is in the middle of an append:
   * then there is nothing to mend. Where the log may only be read, the torn bytes stay, and that is told.
   */
  async mendTail(readOnly = false): Promise<void> {
    const { file } = this.#store;
    try {
      if (file.writable && !readOnly) await this.#lock.holdIfFree(() => this.#moveTornTailLocked());
      else await this.#noticeIgnored();
    } catch (error) {
      if (!isReadOnlyError(error)) throw error;
      await this.#noticeIgnored();
    }
  }

  /** Waits for the acts under way. */
  close(): Promise<void> {
    return this.#lock.close();
  }

  async #locked<T>(act: (known: Indexed) => Promise<T>): Promise<T> {
    const { file } = this.#store;
    this.#store.assertUsable();
    if (!file.openIfThere()) makeFolderOf(file.path);
    return this.#lock.hold(async () => act(await this.#readyLocked()));
  }

  /** Everything that others have appended is known, nothing torn is left, and the file can be written to. */
  async #readyLocked(): Promise<Indexed> {
    const { file } = this.#store;
    this.#store.assertUsable();
    file.openForWriting();
    const manifest = this.checkManifest();
    if (manifest === undefined) writeManifestLocked(file.path);
    else if (manifest.replaced !== null) await this.#settleLocked();
    const known = await this.#store.indexed();
    known.file.openForWriting(); // it may be another one: a redaction has replaced it
    if (known.tornBytes > 0) await this.#moveTornTailLocked();
    return known;
  }

  /** The file may be another one than this process knows: what a crash has left begun is ended by what is there now. */
  async #settleLocked(): Promise<void> {
    const file = new LogFile(this.#store.file.path);
    try {
      file.openForWriting();
      settleSegmentsLocked(file.path, file.firstOffset());
    } finally {
      file.close();
    }
    this.checkManifest();
  }

  /** @throws MovedError */
  #assertHereLocked(): void {
    const movedTo = this.#manifest?.movedTo ?? null;
    if (movedTo !== null) throw new MovedError(this.#settings.url, movedTo);
  }

  async #moveTornTailLocked(): Promise<void> {
    // First: half a line may be what says which segments are in effect.
    if (this.checkManifest()?.replaced != null) await this.#settleLocked();
    const { file } = this.#store;
    const { wholeBytes } = await this.#store.end();
    if (file.size() <= wholeBytes) return;
    const { url, now, notify } = this.#settings;
    notify(movedNotice(url, await moveTornTailLocked(file, wholeBytes, now())));
  }

  async #noticeIgnored(): Promise<void> {
    const { wholeBytes } = await this.#store.end();
    this.#settings.notify(ignoredNotice(this.#settings.url, this.#store.file.size() - wholeBytes, wholeBytes));
  }

  /** Ids that were made just now cannot stand in the log and are not looked up. */
  #known(known: Indexed, group: Group): Known {
    const given = new Set(group.flatMap((append) => append.filter(({ fresh }) => !fresh).map(({ id }) => id)));
    return {
      versionOf: (stream) => known.index.versionOf(stream),
      eventById: (id) => (given.has(id) ? this.#eventById(known, id) : undefined),
      archivedId: (id) => (given.has(id) ? known.before.idError(id) : undefined),
    };
  }

  #eventById(known: Indexed, id: string): SealedEvent | undefined {
    for (const offset of known.index.offsetsWithId(id)) {
      const event = this.#store.eventAt(known, offset);
      if (event.id === id) return event;
    }
    return undefined;
  }
}

/** @throws ArchivedError where the offset has no line any more */
function assertStored({ before }: Indexed, offset: number | undefined): void {
  const error = offset === undefined ? undefined : before.errorInstead(offset);
  if (error !== undefined) throw error;
}

function misfit(why: string, entry: ArchiveEntry, { end }: Seen): ChainBreakError {
  return archiveMisfit(why, entry, end.tail.offset);
}
