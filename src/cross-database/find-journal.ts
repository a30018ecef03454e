import { NotFoundError, SessionDbError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { type JournalList, lastStanding, MigrationJournal } from "../migrate/journal.js";
import type { JournalEntry } from "../migrate/journal-entry.js";
import { openLog, shownUrl } from "../open-log.js";
import { defaultStores } from "./store-address.js";

/** The journal of one log, as it was at `offset`. */
export interface StoreJournal extends JournalList {
  /** The address to open, with a password where it has one: not to be shown. */
  readonly address: string;
  /** The address to show. */
  readonly url: string;
  readonly offset: number;
}

export interface JournalSearch {
  /** Only this log; it must be there. Default: the default places of all backends, as far as there are logs. */
  readonly store?: string | undefined;
  /** Told of default places that could not be looked at: somebody named them, so they are not passed over in silence. */
  readonly onUnreadable?: (url: string, error: SessionDbError) => void;
  /** How logs are opened. */
  readonly open?: OpenLogOptions;
}

/** The journals that a command without further words means. @throws where the one store that was named cannot be read */
export async function readJournals({ store, onUnreadable, open }: JournalSearch): Promise<StoreJournal[]> {
  if (store !== undefined) return [await readJournal(store, open)];
  const found: StoreJournal[] = [];
  for (const address of defaultStores()) {
    try {
      found.push(await readJournal(address, open));
    } catch (error) {
      if (!(error instanceof SessionDbError)) throw error;
      if (!(error instanceof NotFoundError)) onUnreadable?.(shownUrl(address), error);
    }
  }
  return found;
}

/** @throws NotFoundError MIGRATION_NOT_FOUND; UsageError MIGRATION_ID_AMBIGUOUS */
export async function findMigration(
  id: string,
  search: JournalSearch,
): Promise<{ readonly address: string; readonly entry: JournalEntry }> {
  const journals = await readJournals(search);
  for (const { address } of id.toLowerCase() === "last" ? newestFirst(journals) : journals) {
    const entry = await opened(address, search.open, (log) => new MigrationJournal(log).find(id)).catch(
      (error: unknown) => {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      },
    );
    if (entry !== undefined) return { address, entry };
  }
  const places = journals.map(({ url }) => url).join(", ") || "none of the default places holds a log";
  throw new NotFoundError("MIGRATION_NOT_FOUND", `no migration ${JSON.stringify(id)} is known (looked in: ${places})`, {
    hint: "the target of a migration keeps its journal: name it with --to URL",
  });
}

/** The one with the newest migration first. */
function newestFirst(journals: readonly StoreJournal[]): StoreJournal[] {
  const newest = ({ entries }: StoreJournal) => lastStanding(entries)?.id ?? "";
  return [...journals].sort((a, b) => (newest(a) < newest(b) ? 1 : -1));
}

async function readJournal(address: string, open: OpenLogOptions | undefined): Promise<StoreJournal> {
  return opened(address, open, async (log) => {
    const list = await new MigrationJournal(log).list();
    const { offset } = await log.tail();
    return { ...list, address, url: log.url, offset };
  });
}

async function opened<T>(
  address: string,
  open: OpenLogOptions | undefined,
  act: (log: EventLog) => Promise<T>,
): Promise<T> {
  const log = await openLog(address, { ...open, readOnly: true });
  try {
    return await act(log);
  } finally {
    await log.close();
  }
}
