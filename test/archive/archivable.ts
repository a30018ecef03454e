import { join } from "node:path";
import { freshPostgresUrl } from "../support/postgres.js";

/** The backends whose logs can be archived. */
export const ARCHIVABLE = ["sqlite", "jsonl", "jsonl in segments", "postgres"] as const;

export type Archivable = (typeof ARCHIVABLE)[number];

const servers = new Map<string, Promise<string>>();

/** The address of one log for each folder, which the archives go to. */
export async function addressIn(kind: Archivable, folder: string): Promise<string> {
  if (kind === "sqlite") return `sqlite:${join(folder, "s.db")}`;
  if (kind !== "postgres") return `jsonl:${join(folder, "s.jsonl")}${kind === "jsonl" ? "" : "?segment=4KiB"}`;
  const url = servers.get(folder) ?? freshPostgresUrl();
  servers.set(folder, url);
  return url;
}
