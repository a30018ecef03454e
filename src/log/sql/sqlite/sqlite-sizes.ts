import type Database from "better-sqlite3";
import type { PartSizes, StorePart } from "../../store-exam.js";

interface BtreeSize {
  /** The table that it is, or that it is an index of. */
  readonly owner: string;
  readonly isIndex: 0 | 1;
  readonly bytes: number;
}

/**
 * What the pages of the database hold. Full-text indexes are tables of their own, `model_…_w_data` and the like.
 *
 * @returns undefined where there is no log in it
 */
export function pageSizes(db: Database.Database): PartSizes | undefined {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'events'").get() === undefined) return undefined;
  const sizes: Partial<Record<StorePart, number>> = {
    log: 0,
    "log-indexes": 0,
    "read-models": 0,
    sidecar: 0,
    other: 0,
  };
  for (const { owner, isIndex, bytes } of btreeSizes(db)) {
    const part = partOf(owner, isIndex === 1);
    sizes[part] = (sizes[part] ?? 0) + bytes;
  }
  const snapshots = Math.min(snapshotBytes(db), sizes.sidecar ?? 0);
  const free =
    (db.pragma("freelist_count", { simple: true }) as number) * (db.pragma("page_size", { simple: true }) as number);
  return { ...sizes, sidecar: (sizes.sidecar ?? 0) - snapshots, snapshots, free };
}

function partOf(owner: string, isIndex: boolean): StorePart {
  if (owner === "events") return isIndex ? "log-indexes" : "log";
  if (owner === "sidecar") return "sidecar";
  return owner.startsWith("model_") || owner === "read_models" ? "read-models" : "other";
}

function btreeSizes(db: Database.Database): BtreeSize[] {
  const sql = `SELECT coalesce(s.tbl_name, d.name) AS owner, coalesce(s.type = 'index', 0) AS isIndex, d.pgsize AS bytes
    FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = TRUE`;
  return db.prepare(sql).all() as BtreeSize[];
}

/** Their texts; the pages that they stand in are the sidecar's. */
function snapshotBytes(db: Database.Database): number {
  const sql = "SELECT coalesce(sum(octet_length(body)), 0) FROM sidecar WHERE name GLOB 'snapshots/*'";
  return db.prepare(sql).pluck().get() as number;
}
