import { NotFoundError } from "../../../errors.js";
import type { PartSizes, StorePart } from "../../store-exam.js";
import type { PgSession } from "./connection/pg-session.js";
import { type Tables, unnamed } from "./connection/statement.js";

/**
 * What the tables of the log's schema take on the server's disk. What updates and deletes left behind counts with its table
 * until a vacuum has freed it.
 *
 * @throws NotFoundError LOG_NOT_FOUND
 */
export async function relationSizes(session: PgSession, url: string, tables: Tables): Promise<PartSizes> {
  const sizes: Partial<Record<StorePart, number>> = {
    log: 0,
    "log-indexes": 0,
    "read-models": 0,
    sidecar: 0,
    other: 0,
  };
  const rows = (await session.rows(RELATIONS, [tables.schema])) as [string, string, string][];
  if (!rows.some(([name]) => name === "events")) {
    throw new NotFoundError("LOG_NOT_FOUND", `there is no log at ${url}`, { hint: "check the address" });
  }
  for (const [name, tableBytes, indexBytes] of rows) {
    const part = partOf(name);
    const indexPart = part === "log" ? "log-indexes" : part;
    sizes[part] = (sizes[part] ?? 0) + Number(tableBytes);
    sizes[indexPart] = (sizes[indexPart] ?? 0) + Number(indexBytes);
  }
  const [[text = "0"] = []] = (await session.rows(unnamed(snapshotSql(tables)))) as [string][];
  const snapshots = Math.min(Number(text), sizes.sidecar ?? 0);
  return { ...sizes, sidecar: (sizes.sidecar ?? 0) - snapshots, snapshots };
}

const PARTITION = /^events_\d+$/;

/** Tables with what does not fit their rows, and the indexes of both. */
const RELATIONS = unnamed(
  `SELECT relname::text, pg_table_size(c.oid)::text, pg_indexes_size(c.oid)::text
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relkind IN ('r', 'm', 'p')`,
);

/** As they are stored, which is compressed; the pages that they stand in are the sidecar's. */
function snapshotSql({ sidecar }: Tables): string {
  return `SELECT coalesce(sum(pg_column_size(body)), 0)::text FROM ${sidecar} WHERE starts_with(name, 'snapshots/')`;
}

function partOf(name: string): StorePart {
  if (name === "events" || PARTITION.test(name)) return "log";
  if (name === "sidecar") return "sidecar";
  return name.startsWith("model_") || name === "read_models" ? "read-models" : "other";
}
