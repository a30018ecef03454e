import { IntegrityError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";

/**
 * A SQLite file that lost its last pages reads as a shorter log whose chain is right; its indexes know of more. Where only an
 * index is wrong, or cannot be read, the events are whole, and copying them is what mends it.
 *
 * @param to the last offset that is to be copied
 * @throws IntegrityError EVENTS_MISSING; whatever else keeps the storage from being read
 */
export async function assertNothingLost(log: EventLog, to: number): Promise<void> {
  const fault = await faultOf(log, to);
  if (fault?.code === "EVENTS_MISSING") throw fault;
}

async function faultOf(log: EventLog, to: number): Promise<IntegrityError | undefined> {
  try {
    return await log.indexFault?.(to);
  } catch (error) {
    if (error instanceof IntegrityError) return error;
    throw error;
  }
}
