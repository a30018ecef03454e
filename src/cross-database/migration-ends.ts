import { defined } from "../defined.js";
import { NotFoundError, UsageError } from "../errors.js";
import { maskUrl } from "../log/mask-url.js";
import { isRestore } from "../migrate/journal-entry.js";
import { shownUrl } from "../open-log.js";
import { type JournalSearch, readJournals, type StoreJournal } from "./find-journal.js";
import { defaultStores, type NamedPlaces, storeAddress } from "./store-address.js";

/** What a command line says of the two ends. */
export interface NamedEnds extends NamedPlaces {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The source where no other is named. */
  readonly store: string;
  readonly onUnreadable?: JournalSearch["onUnreadable"];
  readonly open?: JournalSearch["open"];
}

export interface MigrationEnds {
  readonly from: string;
  readonly to: string;
}

/**
 * The addresses of source and target. Where something is left out, it is as in the last migration: the one from this
 * source, or, as a migration makes its target the store in use, the one into this store. So the same command line says the
 * same thing again. Else the target of the default log, which is a file, is the default SQLite database.
 *
 * @throws UsageError TARGET_MISSING, SOURCE_PASSWORD_MISSING
 */
export async function migrationEnds(named: NamedEnds): Promise<MigrationEnds> {
  const from = storeAddress(named.from ?? named.store, named);
  const to = named.to === undefined ? undefined : storeAddress(named.to, named);
  if (to !== undefined && (named.from !== undefined || shownUrl(from) !== shownUrl(to))) return { from, to };
  const last = await lastEnds(from, to, named);
  if (last !== undefined) return last;
  if (to !== undefined) return { from, to };
  if (from === storeAddress("jsonl")) return { from, to: storeAddress("sqlite", named) };
  throw new UsageError("TARGET_MISSING", "migrate needs a target", {
    hint: "add --to sqlite:PATH, jsonl:PATH or postgres://…, or: migrate to sqlite",
  });
}

/** Of the newest migration from this store, or into it, that was not rolled back; `to` is the store itself, if it is named. */
async function lastEnds(store: string, to: string | undefined, named: NamedEnds): Promise<MigrationEnds | undefined> {
  const shown = shownUrl(store);
  const fits = (source: string, target: string) =>
    (to === undefined && source === shown) || (named.from === undefined && target === shown);
  const last = (await journalsWith(store, named))
    .flatMap(({ address, url, entries }) => entries.map((entry) => ({ address, url, entry })))
    .filter(({ url, entry }) => entry.state !== "rolled-back" && !isRestore(entry) && fits(entry.source, url))
    .sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1))
    .at(-1);
  if (last === undefined) return undefined;
  const { address, entry } = last;
  return entry.source === shown ? { from: store, to: address } : { from: addressOf(entry.source), to: store };
}

/** Those of the default places, and of the store that is named where it is none of them. */
async function journalsWith(store: string, { onUnreadable, open = {} }: NamedEnds): Promise<readonly StoreJournal[]> {
  const search: JournalSearch = { open, ...defined({ onUnreadable }) };
  const journals = await readJournals(search);
  if (journals.some(({ url }) => url === shownUrl(store))) return journals;
  try {
    return [...journals, ...(await readJournals({ store, open }))];
  } catch (error) {
    if (error instanceof NotFoundError) return journals;
    throw error;
  }
}

/**
 * The address behind one that a journal shows. Its password is nowhere in the journal: it is that of the variable which
 * names the same store.
 *
 * @throws UsageError SOURCE_PASSWORD_MISSING
 */
export function addressOf(shown: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (!shown.includes("***")) return shown;
  const found = defaultStores(env).find((address) => maskUrl(address) === shown);
  if (found !== undefined) return found;
  throw new UsageError("SOURCE_PASSWORD_MISSING", `the journal keeps no passwords, and nobody names that of ${shown}`, {
    hint: "add --from with the whole address, or set MINSKY_POSTGRES_URL",
  });
}
