import { join } from "node:path";

/** The backends whose logs can be archived. */
export const ARCHIVABLE = ["sqlite", "jsonl"] as const;

export type Archivable = (typeof ARCHIVABLE)[number];

export function addressIn(kind: Archivable, folder: string): string {
  return `${kind}:${join(folder, kind === "sqlite" ? "s.db" : "s.jsonl")}`;
}
