import { SessionDbError, UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { MigrationJournal } from "../migrate/journal.js";
import type { RollbackPlan } from "../migrate/plan-rollback.js";
import { storeOption } from "../migrate/store-option.js";
import { followedAddress } from "./store-address.js";

/**
 * A copy of a target's file holds the same journal. Rolled back, it would thaw the source and switch the configuration
 * back, while writers go on in the original: two logs would take them. A file that was moved is no copy.
 *
 * @param openAt opens what is at an address, for reading; undefined where nothing is
 * @throws UsageError ROLLBACK_IMPOSSIBLE
 */
export async function assertNoCopy(
  { migration, target, whole }: RollbackPlan,
  openAt: (address: string) => Promise<EventLog | undefined>,
): Promise<void> {
  const isOfOthers = whole && (migration.cutover || migration.switched !== null);
  if (!isOfOthers || !isFile(migration.target) || followedAddress(migration.target) === followedAddress(target)) return;
  if (!(await stillHolds(migration.target, migration.id, openAt))) return;
  const message = `${target} is a copy of ${migration.target}, to which migration ${migration.id} has moved the writers`;
  throw new UsageError("ROLLBACK_IMPOSSIBLE", message, {
    hint: `roll it back there: sessiondb rollback ${migration.id}${storeOption("--to", migration.target)}`,
  });
}

function isFile(address: string): boolean {
  return /^(jsonl|sqlite):/.test(address);
}

async function stillHolds(address: string, id: string, openAt: (address: string) => Promise<EventLog | undefined>) {
  let log: EventLog | undefined;
  try {
    log = await openAt(address);
    const entries = log === undefined ? [] : (await new MigrationJournal(log).list()).entries;
    return entries.some((entry) => entry.id === id && entry.state !== "rolled-back");
  } catch (error) {
    if (error instanceof SessionDbError) return false; // what is there now is no log to which anybody writes
    throw error;
  } finally {
    await log?.close();
  }
}
