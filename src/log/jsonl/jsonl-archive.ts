import type { ChainBreakError } from "../../errors.js";
import { type ArchivedEvents, type ArchiveEntry, archiveMisfit } from "../archives.js";
import { archiveOutdated, redactionEpoch } from "../redaction.js";
import type { Sidecar } from "../sidecar.js";
import { writePart } from "./archived-part-writer.js";
import { JsonlReader } from "./jsonl-reader.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import type { LockedStore } from "./locked-store.js";
import { putBackLocked, takeOutLocked } from "./move-archive.js";
import type { Seen } from "./seen.js";

/** Takes the events of an archive out of the log, and puts them back. */
export class JsonlArchive {
  readonly #store: JsonlStore;
  readonly #locked: LockedStore;
  readonly #sidecar: Sidecar;

  constructor(store: JsonlStore, locked: LockedStore, sidecar: Sidecar) {
    this.#store = store;
    this.#locked = locked;
    this.#sidecar = sidecar;
  }

  /** @throws ChainBreakError, RefusedError ARCHIVE_OUTDATED, MovedError */
  async take(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    await this.#locked.hold((known) => this.#assertFitsLocked(known, entry, redacted));
    const { from, to } = entry;
    // Others may append meanwhile: these lines stay what they are, or the hash says so.
    const part = await writePart(this.#store.file.path, entry, new JsonlReader(this.#store).readAll({ from, to }));
    await this.#locked.hold(async (known) => {
      await this.#assertFitsLocked(known, entry, redacted);
      if (part.streams !== entry.streams || part.ids !== to - from + 1)
        throw misfit("it has other streams", entry, known);
      await takeOutLocked(this.#store, known, entry);
    });
  }

  /** Nothing where it is back already. @throws ChainBreakError, MovedError */
  async giveBack(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    await this.#locked.holdUnindexed(async (seen) => {
      const last = seen.before.entries.at(-1);
      if (last === undefined || last.to < entry.from) return;
      if (last.to !== entry.to || last.hash !== entry.hash) {
        throw misfit(`the last archive is ${last.from} to ${last.to}`, entry, seen);
      }
      await putBackLocked(this.#store, seen, entry, events);
    });
  }

  async #assertFitsLocked(known: Indexed, entry: ArchiveEntry, redacted: string | null): Promise<void> {
    this.#locked.assertHereLocked();
    const { from, to, before, hash } = entry;
    const { base } = known.before;
    if (from !== base.offset + 1 || before !== base.hash)
      throw misfit(`the store begins at offset ${base.offset + 1}`, entry, known);
    if (to >= known.end.tail.offset) throw misfit("no event would stay behind them", entry, known);
    const last = this.#store.eventAt(known, to);
    if (last.hash !== hash) throw misfit(`the event at offset ${to} is another one`, entry, known);
    if (last.commit !== to) throw misfit(`the append of offset ${to} goes on behind it`, entry, known);
    if ((await redactionEpoch(this.#sidecar)) !== redacted) throw archiveOutdated(entry.file);
  }
}

function misfit(why: string, entry: ArchiveEntry, { end }: Seen): ChainBreakError {
  return archiveMisfit(why, entry, end.tail.offset);
}
