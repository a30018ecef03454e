import { NotFoundError } from "../../../errors.js";
import { assertReadable, ensureSchema } from "../schema/ensure-schema.js";
import type { PgSession } from "./pg-session.js";
import type { PostgresLimits } from "./postgres-options.js";
import { PostgresSchema } from "./postgres-schema.js";
import type { Tables } from "./statement.js";

export interface SchemaRequest {
  readonly url: string;
  readonly tables: Tables;
  readonly limits: PostgresLimits;
  readonly mustExist: boolean;
  readonly readOnly: boolean;
}

/**
 * Makes or brings up to date the tables of one log.
 *
 * @throws NotFoundError LOG_NOT_FOUND there is none, and none is to be made
 */
export async function openSchema(session: PgSession, request: SchemaRequest): Promise<void> {
  const { url, tables, limits, mustExist, readOnly } = request;
  const schema = new PostgresSchema(session, url, tables, limits);
  if (mustExist && !(await assertReadable(schema))) {
    throw new NotFoundError("LOG_NOT_FOUND", `${url}: there is no log in schema "${tables.schema}"`, {
      hint: "check the address and its ?schema=; opening it without requiring that it exists creates an empty log",
    });
  }
  if (!readOnly) await ensureSchema(schema);
}
