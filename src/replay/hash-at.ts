import { archivedBase } from "../log/archives.js";
import type { EventLog } from "../log/event-log.js";
import { GENESIS_HASH } from "../log/hash-chain.js";
import { eventsOf } from "../log/paging.js";

/** The hash of the event at an offset, 64 zeros at 0; undefined where the log ends before it. */
export async function hashAt(log: EventLog, offset: number): Promise<string | undefined> {
  if (offset === 0) return GENESIS_HASH;
  const base = await archivedBase(log);
  if (offset === base.offset) return base.hash;
  for await (const { hash } of eventsOf(log.readAll({ from: offset, to: offset }))) return hash;
  return undefined;
}
