import { IntegrityError } from "../../../errors.js";
import { SealedEvent } from "../../event.js";
import { EMPTY_TAIL, type Tail } from "../../seal.js";
import type { Tables } from "./connection/statement.js";

/** The columns of a row as {@link eventOfRow} takes them. */
export const EVENT_COLUMNS = `"offset", "commit", version, recorded_at, id, stream, type, actor, data, meta, salt, data_hash, hash`;
const COLUMN_COUNT = 13;

/** The columns of a row as {@link tailOfRow} takes them. */
export const TAIL_COLUMNS = `"offset", hash, recorded_at`;

/** @throws IntegrityError EVENT_DAMAGED for what the types of the columns let through */
export function eventOfRow(row: unknown[]): SealedEvent {
  const [offset, commit, version] = [countOf(row[0]), countOf(row[1]), countOf(row[2])];
  const [dataText, salt, dataHash] = [row[8] as string, row[10] as string, row[11] as string];
  if (row.length < COLUMN_COUNT || (dataText === null ? dataHash : salt) === null) {
    throw new IntegrityError("EVENT_DAMAGED", `the event at offset ${offset} has neither data nor its hash`, {
      offset,
      hint: "run: sessiondb verify",
    });
  }
  // The texts are as EVENT_COLUMNS selects them, from columns of type text. By index: a spread takes longer than all the rest.
  return new SealedEvent({
    offset,
    commit,
    version,
    recordedAt: row[3] as string,
    id: row[4] as string,
    stream: row[5] as string,
    type: row[6] as string,
    actor: row[7] as string,
    dataText,
    metaText: row[9] as string,
    salt,
    dataHash,
    hash: row[12] as string,
  });
}

/** The end of the log: one look into the primary key. No row where the log is empty. */
export function tailSql({ events }: Tables): string {
  return `SELECT ${TAIL_COLUMNS} FROM ${events} ORDER BY "offset" DESC LIMIT 1`;
}

/** No row, or one without an offset, is an empty log. */
export function tailOfRow(row: unknown[] | undefined): Tail {
  const offset = countOf(row?.[0]);
  return offset === 0 ? EMPTY_TAIL : { offset, hash: row?.[1] as string, recordedAt: row?.[2] as string };
}

/** pg hands bigint out as text. 0 for null, which is what max() gives of nothing. */
export function countOf(value: unknown): number {
  const count = Number(value ?? 0);
  if (Number.isSafeInteger(count)) return count;
  throw new IntegrityError("EVENT_DAMAGED", `${String(value)} is no offset or version: it is beyond 2^53`, {
    hint: "run: sessiondb verify",
  });
}
