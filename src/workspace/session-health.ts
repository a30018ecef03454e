import { lstatSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { SessionDocument } from "../../projections/sessions.js";
import { recordedPath } from "../session/workspace-path.js";

export const HEALTHS = ["healthy", "idle", "stale", "orphaned"] as const;

/**
 * orphaned: the record names a folder that is not there. Else by the last activity, which is the later of the record's
 * lastActivityAt and its last event: idle from 30 minutes on, stale from 2 hours on. Finished sessions are healthy.
 */
export type SessionHealth = (typeof HEALTHS)[number];

export const IDLE_AFTER_MS = 30 * 60_000;
export const STALE_AFTER_MS = 2 * 60 * 60_000;
const FINISHED = ["MERGED", "CLOSED"];

export function sessionHealth(document: SessionDocument, now: Date): SessionHealth {
  const { record } = document;
  const path = recordedPath(record);
  if (path !== undefined && isAbsolute(path) && isGone(path)) return "orphaned";
  if (typeof record.status === "string" && FINISHED.includes(record.status)) return "healthy";
  const idleMs = now.getTime() - lastActivityMs(document);
  if (idleMs >= STALE_AFTER_MS) return "stale";
  return idleMs >= IDLE_AFTER_MS ? "idle" : "healthy";
}

function lastActivityMs({ record, updatedAt }: SessionDocument): number {
  const told = typeof record.lastActivityAt === "string" ? Date.parse(record.lastActivityAt) : Number.NaN;
  return Math.max(Date.parse(updatedAt), Number.isNaN(told) ? 0 : told);
}

/** Where it cannot be looked at, it may well be there. */
function isGone(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}
