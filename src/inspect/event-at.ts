import { NotFoundError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import { recomputeHash, type SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { hashAt } from "../replay/hash-at.js";

/** One event, and whether it is as it was sealed. */
export interface EventProof {
  readonly event: SealedEvent;
  /** The hash of the event before it; 64 zeros before the first. */
  readonly prevHash: string;
  /** Its hash is what its content and the hash before it give. It says nothing about the events before it. */
  readonly chainOk: boolean;
}

/** @param offset from 1 to the tail. @throws NotFoundError EVENT_NOT_FOUND */
export async function eventAt(log: EventLog, offset: number): Promise<EventProof> {
  assertLog(log);
  const prevHash = offset > 0 ? await hashAt(log, offset - 1) : undefined;
  if (prevHash !== undefined) {
    for await (const event of eventsOf(log.readAll({ from: offset, to: offset }))) {
      return { event, prevHash, chainOk: recomputeHash(prevHash, event) === event.hash };
    }
  }
  const { offset: tail } = await log.tail();
  throw new NotFoundError("EVENT_NOT_FOUND", `there is no event at offset ${offset}: the log has 1 to ${tail}`, {
    hint: "HEAD names the last event",
  });
}
