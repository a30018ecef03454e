import { pipeline } from "node:stream/promises";
import copyStreams from "pg-copy-streams";
import { repeatedId } from "../../repeated-id.js";
import type { PgSession } from "../connection/pg-session.js";
import { isUniqueViolation } from "../postgres-failures.js";

export interface CopyIn {
  /** COPY … FROM STDIN */
  readonly sql: string;
  readonly chunks: Iterable<Buffer> | AsyncIterable<Buffer>;
  /** The log's last offset. */
  readonly behind: number;
  readonly bulkMs: number;
}

/** Rows into the table of events, under the log's lock. @throws ChainBreakError an id or a place is taken; what `chunks` throws */
export async function copyLocked(session: PgSession, { sql, chunks, behind, bulkMs }: CopyIn): Promise<void> {
  try {
    // pg reads the limit off the stream itself.
    const copyIn = Object.assign(copyStreams.from(sql), { query_timeout: bulkMs });
    await pipeline(chunks, session.client.query(copyIn));
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw repeatedId(behind, cause);
  }
}
