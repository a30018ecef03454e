import type { EventLog } from "../log/event-log.js";

/** How old a read is, and what it is made of. */
export interface Staleness {
  /** Since when this process knows that the server is away, and by which error. */
  readonly awaySince: string;
  readonly code: string;
  /** The last offset of the copied part; what is behind it waits in the outbox and is provisional. */
  readonly copiedOffset: number;
  /** The last moment at which the copy had all that the server had; null where it never had. */
  readonly completeAt: string | null;
  /** Appends that wait. */
  readonly queued: number;
}

/** Of the last answer of a log that has an outbox and whose server is away; undefined for every other log. */
export function stalenessOf(log: EventLog): Staleness | undefined {
  return "staleness" in log ? (log.staleness as Staleness | undefined) : undefined; // only an OutboxLog has it
}

/** A document that says how old it is, where it does not come from the store itself. */
export function aged<D extends object>(document: D, stale: Staleness | undefined): D {
  return stale === undefined ? document : { ...document, stale };
}
