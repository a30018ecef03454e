import type { IntegrityError } from "../errors.js";
import type { Archiving } from "./archiving.js";
import type { StartPartChecker } from "./checked-part.js";
import type { SealedEvent } from "./event.js";
import type { Freezing } from "./freezing.js";
import type { AppendOptions, StreamAppend } from "./prepare.js";
import type { QueueClaimed, QueueClaims } from "./queue-claim.js";
import type { RawPieces, RawRange } from "./raw-rows.js";
import type { DocumentQuery, DocumentRead, ReadModelTables } from "./read-model-tables.js";
import type { Tail } from "./seal.js";
import type { Sidecar } from "./sidecar.js";

export interface AppendResult {
  /** The stored events, in order: those of this call, or of the first call with the same ids. */
  readonly events: readonly SealedEvent[];
  /** Inclusive. */
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** True where these ids had been appended before: nothing was written now. */
  readonly repeated: boolean;
  /**
   * True where a server that is away has not taken it yet: it is kept durably in an outbox on this machine and goes to the
   * server later, unless it conflicts there. Offsets, versions, times and hashes are provisional then; ids are not.
   */
  readonly queued?: true;
}

export interface RedactRequest {
  /** The events that lose their data; in any order, at least one. */
  readonly offsets: readonly number[];
  /** Why, for the audit trail. It can never be erased itself: nothing in it should be secret. */
  readonly reason?: string;
  /** What it was about, for people: `path /title of auth-refactor`. Never what is erased; it stays, too. */
  readonly subject?: string;
  /** Events that are appended in the same step, before the record; with their expected versions. */
  readonly also?: readonly StreamAppend[];
}

export interface RedactResult {
  /** What was appended: the events of `also`, and behind them the record. */
  readonly events: readonly SealedEvent[];
  /** Events that lost their data now; those that had lost it before are not counted. */
  readonly erased: number;
  /** In words, where this storage may still hold the data, and what to do about it. Empty where it does not. */
  readonly remains: readonly string[];
}

/**
 * Bounds are inclusive; both default to the ends that the log has when the read starts, and may lie outside the log. One
 * that is no whole number is UsageError ARGUMENT_INVALID.
 */
export interface OffsetRange {
  readonly from?: number;
  readonly to?: number;
}

/** Bounds are inclusive. */
export interface VersionRange {
  readonly from?: number;
  readonly to?: number;
  /** Only events up to this offset of the log (inclusive): the stream as it was then. */
  readonly toOffset?: number;
}

export interface LastOptions {
  /** Only events up to this offset of the log (inclusive). */
  readonly toOffset?: number;
  /** An event that the caller has. Where it is still the newest, it is given back itself, and need not be read again. */
  readonly known?: SealedEvent | undefined;
}

/** What a backend can do. Tests and callers read this, never the backend's name. */
export interface Capabilities {
  /** An append that resolved survives a crash of the process and a loss of power. */
  readonly durable: boolean;
  /** Other processes may append to the same log. */
  readonly shared: boolean;
  /** An append can expect the log to end at a tail, see `AppendOptions.tailHash`. Absent: it is not looked at. */
  readonly comparesTail?: boolean;
}

/** Sealed events that are gathered for one append: what appendSealed promises and throws, in small steps. */
export interface SealedIntake {
  /**
   * Takes the next ones, and does at once what needs only the events, so that it can be done while an earlier append is under
   * way. Nothing is asked of the log, and nothing is thrown.
   */
  add(events: readonly SealedEvent[]): void;

  /** To be called once. Without events it does what appendSealed does without events. */
  append(): Promise<Tail>;
}

/**
 * One log: all streams, in one order. The seam between the backends (which store events) and the readers (which fold
 * them); src/testing.ts checks every promise made here on every backend.
 *
 * For all operations: a closed log rejects with ClosedError. A failed read rejects; it never ends early and never
 * yields less. Nothing here blocks the event loop for more than some tens of milliseconds.
 *
 * An operation of `Freezing` or `Archiving` is absent where a backend cannot do that.
 */
export interface EventLog extends Partial<Freezing>, Partial<Archiving> {
  /** The address, with any password masked. */
  readonly url: string;
  readonly capabilities: Capabilities;

  /**
   * Appends events to one or more streams: all of them at consecutive offsets, or none.
   *
   * Durable (see capabilities) when it resolves. Appends of one process are taken in the order of their calls. Events
   * whose ids stand in the log already, with the same content, are not written again: the first result comes back, and
   * expected versions are not looked at.
   *
   * @throws InvalidEventError the input cannot be stored; ConflictError a stream is not at its expected version;
   *   TailMovedError the log does not end where it is expected to; EventIdReusedError an id stands in the log with other
   *   content. Nothing was written after any of these.
   * @throws UnavailableError locked or unreachable for longer than the limit; nothing was written
   * @throws AppendOutcomeUnknownError it may have been written: repeat it with the same ids
   * @throws StorageError the storage failed; the log refuses further appends where it could not undo half a write
   */
  append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult>;

  /**
   * Appends events that another log has sealed, for migration and restore: offsets, versions, times, ids and hashes stay
   * as they are. The first must continue the chain at the tail, each next one the one before; hashes are recomputed.
   * The last event must be the last one of its append (offset = commit). All or nothing, durable when it resolves: they,
   * and what stood in the log before. Without events it only does the latter.
   *
   * @returns the new tail
   * @throws ChainBreakError they do not continue the chain; nothing was written
   */
  appendSealed(events: readonly SealedEvent[]): Promise<Tail>;

  /**
   * Begins an appendSealed whose events come bit by bit. For backends that send them away as other bytes: those are kept, and
   * not the events. Where a backend has no use for that, this is absent.
   */
  takeSealed?(): SealedIntake;

  /**
   * Appends rows that readRaw of another log has given, for migrations: all pieces or nothing, durable when it resolves. Each
   * must continue what stands before it, the first one the log's tail, by the hash that is stored before it; beyond that
   * nothing is looked at, no hash recomputed and no version compared. Whoever appends so has to verify the log afterwards, and
   * to take back what is not right. One piece is in memory, and what the connection has not taken yet of the one before.
   *
   * Where a backend has nothing to gain by it, this is absent.
   *
   * @returns the new tail
   * @throws ChainBreakError they do not continue the log; what reading a piece throws. Nothing was written then
   */
  appendRaw?(pieces: RawPieces): Promise<Tail>;

  /**
   * The stored rows from offset `from` on, as one text: whole appends, together at least `atLeast` events where there are so
   * many up to `to` (inclusive). Nothing in them is checked. What cannot be told so, or has to be acted upon where it
   * arrives, comes without text, and is to be read as events: what is archived, too large, damaged in its characters, or
   * records a redaction.
   *
   * Where a backend has no shorter way to a text, this is absent.
   *
   * @param from offset of the first event of an append
   * @param to offset of the last event of an append
   */
  readRaw?(from: number, to: number, atLeast: number): Promise<RawRange>;

  /**
   * The events of the log in order of their offsets, as pages that are never empty. Every event up to `to` (default: the
   * tail when the first page is asked for) comes once; appends meanwhile change nothing. Memory is bounded by the size
   * of a page (MAX_PAGE_EVENTS events or about MAX_PAGE_CHARS characters, at least one event), and nothing is held open
   * in the storage between two pages. A range without events yields no page.
   *
   * @throws IntegrityError a stored event cannot be read, with its offset (JSONL: line and byte)
   */
  readAll(range?: OffsetRange): AsyncGenerator<readonly SealedEvent[], void, undefined>;

  /** The events of one stream in order of their versions; otherwise as readAll. An unknown stream yields no page. */
  readStream(stream: string, range?: VersionRange): AsyncGenerator<readonly SealedEvent[], void, undefined>;

  /**
   * The newest event of one stream; undefined where it has none. One look, however long the stream is.
   *
   * @throws IntegrityError the stored event cannot be read
   */
  readLast(stream: string, options?: LastOptions): Promise<SealedEvent | undefined>;

  /**
   * Last offset and its hash, after everything that any process has appended before this call; for a log that is read at a
   * standby, after everything that this process has appended or read before this call.
   */
  tail(): Promise<Tail>;

  /**
   * Compares what the storage finds events by with the events up to `to` (inclusive), which the caller has read and found
   * whole: verification asks it at its end. Where a backend has nothing beside the events that could be wrong, or its server
   * looks after that, this is absent.
   *
   * @returns EVENTS_MISSING where more is known of than is there: events behind the tail are lost; INDEX_DAMAGED where
   *   something is not found by it. undefined where nothing is wrong
   */
  indexFault?(to: number): Promise<IntegrityError | undefined>;

  /** Of a log that is read at a standby, how far that is; else absent. Asks both servers. */
  readPlace?(): Promise<ReadPlace>;

  /** Offset of the last event with recordedAt <= time; 0 where there is none. @throws UsageError ARGUMENT_INVALID an Invalid Date */
  offsetAt(time: Date): Promise<number>;

  /**
   * Cuts the log back to `offset` (inclusive; 0 empties it), for rollback. The caller has saved what is cut. Where the
   * cut falls inside an append, its remaining events form an append of their own from then on.
   *
   * @throws ChainBreakError the log does not end at `expectedTail`: somebody has appended since; nothing was cut;
   *   UsageError ARGUMENT_INVALID `offset` is no whole number from 0
   */
  truncateAfter(offset: number, expectedTail: Tail): Promise<Tail>;

  /**
   * Erases the data and the salts of events, for good: of each only its hash is left, so the chain verifies as before. In
   * the same step a record of it is appended, `store.redacted` in the stream `store-redactions`, which names the offsets,
   * who and why: all of it happens, or nothing, also in a crash. Everybody who has the log open reads it so from then on.
   * What this storage keeps beside the log and may hold the data, snapshots and read models, is thrown away with it.
   *
   * Names stay: stream, type, actor and meta are part of the chain. Records of redactions cannot be erased. Events that
   * had lost their data before may be named again. It costs a walk over the whole storage, and may hold up others for as
   * long as that takes.
   *
   * `appendSealed` does the same to the events that a record among its events names: no log holds both a record and what
   * it says is gone. An append to the stream of the records is refused with InvalidEventError STREAM_RESERVED.
   *
   * Where a backend cannot do that, this is absent.
   *
   * @throws InvalidEventError REDACTION_INVALID, NotFoundError POINT_OUTSIDE, RefusedError REDACTION_REFUSED, MovedError,
   *   ConflictError of `also`, and what append throws; nothing was erased after any of these but an unknown outcome
   */
  redact?(request: RedactRequest, options: AppendOptions): Promise<RedactResult>;

  /**
   * A doorbell: `ring` is called some time after somebody has appended, in this or another process. It may come late,
   * twice, or for nothing, and carries no data; whoever hears it reads from where it stopped. It keeps no process alive.
   *
   * @returns stops the ringing
   */
  onAppended(ring: () => void): () => void;

  /**
   * Begins to check a part of the log in another thread. It takes shares of it from the end, while the caller takes the
   * others from the beginning. Where a backend cannot do that, this is absent.
   */
  readonly checkPart?: StartPartChecker;

  /** Documents kept beside the log. Losing them loses no fact. */
  readonly sidecar: Sidecar;

  /** Where the backend can keep read models in tables. Others keep them in memory, with snapshots in the sidecar. */
  readonly readModels?: ReadModelTables;

  /**
   * The present of one document, whatever the tables of its read model know of it: so a stream of any length is one look, also
   * in a log whose other events lie between its own. Nothing is brought up to date.
   *
   * @returns undefined where there are no such tables, they belong to another history, have stopped, or lack too much
   */
  readDocument?(query: DocumentQuery): Promise<DocumentRead | undefined>;

  /**
   * Claims what stands first in a queue by one act of the server: where it can look and append behind its lock. Durable when
   * it resolves; all of one call or nothing. Who shares the log with others who claim need not be too late for any of them.
   */
  claimFirst?(claims: QueueClaims, options: AppendOptions): Promise<QueueClaimed>;

  /** Waits for appends under way, then releases everything. Safe to call twice. */
  close(): Promise<void>;
}

/** Where reads go, for a log that is read at a standby. Staleness is the difference of the two offsets. */
export interface ReadPlace {
  /** The standby's address, with any password masked. */
  readonly url: string;
  /** Last offset that is there; null where it cannot be read from. */
  readonly offset: number | null;
  /** Last offset at the primary, asked before the standby; null where it is away. */
  readonly primaryOffset: number | null;
  /** Why it cannot be read from: then the primary answers. */
  readonly fault?: string;
}

export const MAX_PAGE_EVENTS = 1000;
/** UTF-16 units of data and meta texts in one page. */
export const MAX_PAGE_CHARS = 4 * 1024 * 1024;
