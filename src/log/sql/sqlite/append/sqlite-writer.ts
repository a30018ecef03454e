import type Database from "better-sqlite3";
import { ChainBreakError, MovedError } from "../../../../errors.js";
import type { SealedEvent } from "../../../event.js";
import type { RedactResult } from "../../../event-log.js";
import type { PreparedEvent } from "../../../prepare.js";
import { type PreparedRedaction, sealedOf } from "../../../prepare-redaction.js";
import { assertInLog, offsetsNamedBy } from "../../../redaction.js";
import { type Known, type SealOutcome, seal, type Tail } from "../../../seal.js";
import { assertContinues } from "../../../sealed-run.js";
import { repeatedId } from "../../repeated-id.js";
import { StreamVersions } from "../../stream-versions.js";
import type { OwnFiles } from "../file/own-files.js";
import { isUniqueViolation } from "../sqlite-errors.js";
import { freezeLocked, frozenFor, thawLocked } from "../sqlite-freeze.js";
import type { SqliteReader } from "../sqlite-reader.js";
import { SqliteRedaction } from "../sqlite-redaction.js";
import { withoutAppendGuardLocked } from "./append-guard.js";
import type { BackgroundCheckpoints } from "./background-checkpoints.js";
import { DurabilityMark } from "./durability-mark.js";
import { EventInserter } from "./event-inserter.js";
import { WriteTransaction } from "./write-transaction.js";

type Group = readonly (readonly PreparedEvent[])[];

interface SqliteWriterParts {
  readonly db: Database.Database;
  readonly files: OwnFiles;
  readonly reader: SqliteReader;
  readonly checkpoints: BackgroundCheckpoints;
  readonly now: () => Date;
}

/** The acts that change the log, each one transaction. All synchronous; a busy database is the caller's to retry. */
export class SqliteWriter {
  readonly #db: Database.Database;
  readonly #reader: SqliteReader;
  readonly #now: () => Date;
  readonly #transaction: WriteTransaction;
  readonly #inserter: EventInserter;
  readonly #redaction: SqliteRedaction;
  readonly #cut: Database.Statement;
  readonly #commits: Database.Statement;
  readonly #clampCommit: Database.Statement;
  readonly #versions = new StreamVersions();
  readonly #durability: DurabilityMark;
  readonly #checkpoints: BackgroundCheckpoints;

  constructor({ db, files, reader, checkpoints, now }: SqliteWriterParts) {
    this.#db = db;
    this.#checkpoints = checkpoints;
    this.#reader = reader;
    this.#now = now;
    this.#transaction = new WriteTransaction(db, files);
    this.#inserter = new EventInserter(db);
    this.#redaction = new SqliteRedaction(db);
    this.#durability = new DurabilityMark(db);
    this.#cut = db.prepare(`DELETE FROM events WHERE "offset" > ?`);
    this.#commits = db.prepare(`SELECT "offset", "commit" FROM events WHERE "offset" <= ? ORDER BY "offset" DESC`);
    this.#clampCommit = db.prepare(`UPDATE events SET "commit" = ? WHERE "offset" > ?`);
  }

  /**
   * Seals and stores a group of appends. Ids that were made just now are not looked up; where one stands in the log all
   * the same (a source of ids that repeats itself), the unique index stops it, and a second attempt looks everything up.
   */
  append(group: Group): readonly SealOutcome[] {
    try {
      return this.#appendOnce(
        group,
        idsToLookUp(group, ({ fresh }) => !fresh),
      );
    } catch (error) {
      this.#versions.forget();
      if (!isUniqueViolation(error)) throw error;
      return this.#appendOnce(
        group,
        idsToLookUp(group, () => true),
      );
    }
  }

  #appendOnce(group: Group, lookUp: ReadonlySet<string>): readonly SealOutcome[] {
    const sealed = this.#transaction.run(() => {
      const tail = this.#reader.tail();
      this.#versions.at(tail);
      const made = seal(tail, group, this.#known(lookUp), this.#now());
      this.#inserter.insertLocked(made.events);
      if (made.outcomes.some(({ kind }) => kind === "repeated")) this.#durability.ensureLocked();
      return made;
    });
    if (sealed.events.length > 0) {
      this.#durability.reached();
      this.#checkpoints.wrote(sealed.events);
    }
    this.#versions.learn(sealed.events, sealed.tail);
    return sealed.outcomes;
  }

  #known(lookUp: ReadonlySet<string>): Known {
    return {
      versionOf: (stream) => this.#versionLocked(stream),
      eventById: (id) => (lookUp.has(id) ? this.#reader.eventById(id) : undefined),
      archivedId: (id) => (lookUp.has(id) ? this.#reader.archived.idError(id) : undefined),
      idsAreNew: lookUp.size === 0,
    };
  }

  #versionLocked(stream: string): number {
    const remembered = this.#versions.get(stream);
    if (remembered !== undefined) return remembered;
    const version = this.#reader.versionOf(stream);
    this.#versions.set(stream, version);
    return version;
  }

  appendSealed(events: readonly SealedEvent[]): Tail {
    const tail = this.#transaction.run(() => {
      const before = this.#reader.tail();
      this.#versions.at(before);
      assertContinues(before, events, (stream) => this.#versionLocked(stream));
      this.#insertSealedLocked(events, before);
      const named = offsetsNamedBy(events);
      this.#assertStored(named[0]);
      if (named.length > 0) this.#redaction.eraseLocked(named, (events.at(-1) as SealedEvent).hash);
      if (events.length === 0) this.#durability.ensureLocked();
      return this.#reader.tail();
    });
    this.#checkpoints.wrote(events);
    this.#versions.learn(events, tail);
    return tail;
  }

  redact({ offsets, append, recordId }: PreparedRedaction, url: string): Omit<RedactResult, "remains"> {
    this.#versions.forget();
    return this.#transaction.run(() => {
      this.#assertHereLocked(url);
      const tail = this.#reader.tail();
      assertInLog(offsets, tail.offset);
      this.#assertStored(offsets[0]);
      this.#redaction.assertErasableLocked(offsets);
      this.#versions.at(tail);
      const { outcomes } = seal(tail, [append], this.#known(idsToLookUp([append], () => true)), this.#now());
      const events = sealedOf(outcomes);
      this.#inserter.insertLocked(events);
      return { events, erased: this.#redaction.eraseLocked(offsets, recordId) };
    });
  }

  /** @throws ArchivedError where the offset is not in the table any more */
  #assertStored(offset: number | undefined): void {
    const error = offset === undefined ? undefined : this.#reader.archived.errorInstead(offset);
    if (error !== undefined) throw error;
  }

  /** @throws MovedError */
  #assertHereLocked(url: string): void {
    const movedTo = frozenFor(this.#db);
    if (movedTo !== null) throw new MovedError(url, movedTo);
  }

  #insertSealedLocked(events: readonly SealedEvent[], tail: Tail): void {
    try {
      this.#inserter.insertLocked(events);
    } catch (cause) {
      if (!isUniqueViolation(cause)) throw cause;
      throw repeatedId(tail.offset, cause);
    }
  }

  truncateAfter(offset: number, expectedTail: Tail, url: string): Tail {
    return this.#transaction.run(() => {
      this.#assertHereLocked(url);
      const tail = this.#reader.tail();
      if (tail.offset !== expectedTail.offset || tail.hash !== expectedTail.hash) {
        throw new ChainBreakError(`the log ends at ${tail.offset}, expected ${expectedTail.offset}`, tail.offset, {
          hint: "somebody has appended since: look at the new events before cutting",
        });
      }
      this.#assertStored(offset);
      if (offset < tail.offset) withoutAppendGuardLocked(this.#db, () => this.#cutLocked(offset));
      return this.#reader.tail();
    });
  }

  /** @returns the last tail @throws MovedError */
  freeze(movedTo: string, url: string): Tail {
    return this.#transaction.run(() => {
      const already = frozenFor(this.#db);
      if (already === null) freezeLocked(this.#db, movedTo);
      else if (already !== movedTo) throw new MovedError(url, already);
      return this.#reader.tail();
    });
  }

  thaw(): void {
    this.#transaction.run(() => thawLocked(this.#db));
  }

  #cutLocked(offset: number): void {
    this.#cut.run(offset);
    const whole = this.#lastWholeAppendLocked(offset);
    if (whole < offset) this.#clampCommit.run(offset, whole);
  }

  /** Offset of the last event whose append is not cut by the end at `offset`. */
  #lastWholeAppendLocked(offset: number): number {
    for (const row of this.#commits.iterate(offset)) {
      const place = row as { offset: number; commit: number };
      if (place.commit <= offset) return place.offset;
    }
    return 0;
  }
}

function idsToLookUp(group: Group, wanted: (event: PreparedEvent) => boolean): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const append of group) for (const event of append) if (wanted(event)) ids.add(event.id);
  return ids;
}
