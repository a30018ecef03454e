import type { SessionDocument } from "../../projections/sessions.js";
import { globMatcher } from "./glob.js";

export const SESSION_ORDERS = ["updated", "created", "events", "session"] as const;

export type SessionOrder = (typeof SESSION_ORDERS)[number];

/** Which sessions of a list are meant; what is absent is no condition. */
export interface SessionSelection {
  /** Offset, exclusive: last changed after it. */
  readonly since?: number;
  /** Offset, inclusive: last changed at or before it. */
  readonly until?: number;
  /** Glob over who changed the session last. */
  readonly actor?: string;
}

/** @throws UsageError GLOB_INVALID */
export function selectSessions(
  documents: readonly SessionDocument[],
  { since = 0, until = Number.POSITIVE_INFINITY, actor }: SessionSelection,
): SessionDocument[] {
  const isActor = actor === undefined ? () => true : globMatcher(actor);
  return documents.filter(
    ({ lastOffset, lastActor }) => lastOffset > since && lastOffset <= until && isActor(lastActor),
  );
}

/** The last changed or created and those with most events come first; ids from A to Z, by their UTF-16 units. */
export function orderSessions(documents: readonly SessionDocument[], order: SessionOrder): SessionDocument[] {
  switch (order) {
    case "updated":
      return documents.toSorted((a, b) => b.lastOffset - a.lastOffset);
    case "created":
      return documents.toSorted((a, b) => b.createdOffset - a.createdOffset);
    case "events":
      return documents.toSorted((a, b) => b.version - a.version || b.lastOffset - a.lastOffset);
    case "session":
      return documents.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    default:
      throw new TypeError(`unhandled ${order satisfies never}`);
  }
}
