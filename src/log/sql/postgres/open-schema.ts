import { NotFoundError } from "../../../errors.js";
import { assertReadable, ensureSchema } from "../schema/ensure-schema.js";
import type { PgSession } from "./connection/pg-session.js";
import type { Tables } from "./connection/statement.js";
import { assertNoRowsHidden } from "./hidden-rows.js";
import { readState } from "./partitions/partition-catalog.js";
import { PartitionMaker } from "./partitions/partition-maker.js";
import type { PostgresLimits } from "./postgres-options.js";
import { PostgresSchema } from "./postgres-schema.js";

export interface SchemaRequest {
  readonly url: string;
  readonly tables: Tables;
  readonly limits: PostgresLimits;
  readonly mustExist: boolean;
  readonly readOnly: boolean;
  /** A new log is made of partitions of so many events. */
  readonly partitionEvents?: number | undefined;
}

/**
 * Makes or brings up to date the tables of one log.
 *
 * @throws NotFoundError LOG_NOT_FOUND there is none, and none is to be made; UsageError PERMISSION_DENIED
 */
export async function openSchema(session: PgSession, request: SchemaRequest): Promise<void> {
  const { url, tables, limits, mustExist, readOnly, partitionEvents } = request;
  await assertNoRowsHidden(session, tables.schema);
  const schema = new PostgresSchema(session, url, tables, limits);
  if (mustExist && !(await assertReadable(schema))) {
    throw new NotFoundError("LOG_NOT_FOUND", `${url}: there is no log in schema "${tables.schema}"`, {
      hint: "check the address and its ?schema=; the first append, or an import, makes a log there",
    });
  }
  if (readOnly) return;
  await ensureSchema(schema);
  if (partitionEvents !== undefined) await partitionWhereNew(session, request, partitionEvents);
}

/** A log that has events is left as it is: that takes a while, and is said by somebody (sessiondb partition). */
async function partitionWhereNew(session: PgSession, request: SchemaRequest, events: number): Promise<void> {
  const { url, tables, limits } = request;
  const { offset, partitions } = await readState(session, tables);
  if (offset === 0 && partitions.length === 0) await new PartitionMaker(tables, limits, url).make(session, { events });
}
