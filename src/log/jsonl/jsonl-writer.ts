import { ChainBreakError } from "../../errors.js";
import type { SealedEvent } from "../event.js";
import type { RedactResult } from "../event-log.js";
import type { PreparedEvent } from "../prepare.js";
import { type PreparedRedaction, sealedOf } from "../prepare-redaction.js";
import { assertErasable, assertInLog, beginRedaction, endRedaction, offsetsNamedBy } from "../redaction.js";
import { type Known, type SealOutcome, seal, type Tail } from "../seal.js";
import { assertContinues } from "../sealed-run.js";
import type { Sidecar } from "../sidecar.js";
import { beginSegmentLocked } from "./begin-segment.js";
import { cutLogLocked } from "./cut-log.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import type { LineWriter } from "./line-writer.js";
import type { LockedStore } from "./locked-store.js";
import { type LogNotice, notBegunNotice } from "./log-notice.js";
import { rewriteLogLocked } from "./rewrite-log.js";

type Group = readonly (readonly PreparedEvent[])[];

export interface WriterSettings {
  /** Of the log, for people. */
  readonly url: string;
  readonly now: () => Date;
  readonly notify: (notice: LogNotice) => void;
  readonly sidecar: Sidecar;
  /** Where the file has as many bytes, a new one is begun; undefined: never. */
  readonly segmentBytes: number | undefined;
}

/** The acts that change the events of the log, each under its lock. */
export class JsonlWriter {
  readonly #store: JsonlStore;
  readonly #lines: LineWriter;
  readonly #locked: LockedStore;
  readonly #settings: WriterSettings;
  #cannotBegin = false;

  constructor(store: JsonlStore, lines: LineWriter, locked: LockedStore, settings: WriterSettings) {
    this.#store = store;
    this.#lines = lines;
    this.#locked = locked;
    this.#settings = settings;
  }

  async append(group: Group): Promise<readonly SealOutcome[]> {
    return this.#locked.hold(async (known) => {
      const sealed = seal(known.end.tail, group, this.#known(known, group), this.#settings.now());
      if (sealed.events.length > 0) {
        this.#locked.assertHereLocked();
        await this.#lines.writeLocked(known.end, sealed.events, sealed.tail);
        this.#locked.sayBegunLocked();
        await this.#closeFullLocked();
      } else if (sealed.outcomes.some(({ kind }) => kind === "repeated")) {
        // Nobody may have answered for what is repeated: whoever wrote it may have been killed before its sync.
        await this.#lines.makeLastLocked(known.end);
      }
      return sealed.outcomes;
    });
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    return this.#locked.hold(async (known) => {
      const { end, index } = known;
      assertContinues(end.tail, events, (stream) => index.versionOf(stream));
      const last = events.at(-1);
      if (last === undefined) {
        await this.#lines.makeLastLocked(end);
        return end.tail;
      }
      this.#locked.assertHereLocked();
      const tail = { offset: last.offset, hash: last.hash, recordedAt: last.recordedAt };
      const named = offsetsNamedBy(events);
      assertStored(known, named[0]);
      if (named.length === 0) await this.#lines.writeLocked(end, events, tail);
      else await this.#rewriteLocked(known, named, events, tail.hash);
      this.#locked.sayBegunLocked();
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
    return this.#locked.hold(async (known) => {
      this.#locked.assertHereLocked();
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
    this.#locked.expectBegunLocked();
    await beginRedaction(sidecar, epoch);
    await rewriteLogLocked(this.#store, known, offsets, events);
    await this.#store.rewrittenLocked();
    await endRedaction(sidecar);
  }

  async truncateAfter(offset: number, expected: Tail): Promise<Tail> {
    return this.#locked.hold(async (known) => {
      const { tail } = known.end;
      this.#locked.assertHereLocked();
      if (tail.offset !== expected.offset || tail.hash !== expected.hash) {
        throw new ChainBreakError(`the log ends at ${tail.offset}, expected ${expected.offset}`, tail.offset, {
          hint: "somebody has appended since: look at the new events before cutting",
        });
      }
      assertStored(known, offset);
      if (offset < tail.offset) await cutLogLocked(this.#store, this.#lines, known, offset, this.#settings.now());
      return (await this.#store.end()).tail;
    });
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
