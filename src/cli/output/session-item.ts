import type { SessionDocument } from "../../../projections/sessions.js";

/** A session for programs: the record, and what the log knows of it. */
export function sessionItem({ record, version, lastOffset, createdOffset, updatedAt, lastActor }: SessionDocument) {
  const known = { version, events: version, createdOffset, lastOffset, updatedAt, lastActor, lastBy: lastActor };
  return { ...record, ...known };
}
