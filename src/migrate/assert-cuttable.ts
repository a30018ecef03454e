import { MovedError } from "../errors.js";
import { archivedForGood } from "../log/archives.js";
import type { EventLog } from "../log/event-log.js";

/**
 * What cutting a log back would be refused for is found out before anything is saved, noted or switched on behalf of it.
 *
 * @param offset the last one that is to stay
 * @throws ArchivedError a part of what is to be cut is archived; MovedError the log is frozen
 */
export async function assertCuttable(log: EventLog, offset: number): Promise<void> {
  const last = (await log.archives?.())?.at(-1);
  if (last !== undefined && offset <= last.to) throw archivedForGood(`offset ${offset}`, last);
  const movedTo = (await log.movedTo?.()) ?? null;
  if (movedTo !== null) throw new MovedError(log.url, movedTo);
}
