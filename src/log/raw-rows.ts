import type { Tail } from "./seal.js";

/** Where a column holds nothing. */
export const RAW_NULL = "\u0002";
/** What a reader of the text is told that texts are quoted with. None is. */
export const RAW_QUOTE = "\u0001";
/** In their order; all but the first three are texts. */
export const RAW_COLUMNS = `"offset", "commit", version, recorded_at, id, stream, type, actor, meta, data, salt, data_hash, hash`;

/**
 * Whole appends as the text of their stored rows, for copying them from one database into another without a look at each
 * event:
 *
 *   1 <tab> 1 <tab> 1 <tab> 2026-01-31T10:00:00.000Z <tab> … <tab> hash <newline>      RAW_COLUMNS; RAW_NULL for null
 *
 * Nothing in it is escaped: no control character stands in it but these.
 */
export interface RawRows {
  /** Offset of the first event. */
  readonly from: number;
  /** Stored hash of the event before the first; of offset 0 that of the empty log. */
  readonly before: string;
  /** Of the last event, which is the last one of its append. */
  readonly tail: Tail;
  /** UTF-8. */
  readonly text: Buffer;
}

/** Rows that follow each other, read while they are taken in. Each call begins anew with the first: one may be made again. */
export type RawPieces = () => AsyncIterable<RawRows> | Iterable<RawRows>;

/** A range of a log, up to the end of an append. */
export interface RawRange {
  /** Inclusive. */
  readonly to: number;
  /** undefined: it has to be read as events. */
  readonly rows: RawRows | undefined;
}
