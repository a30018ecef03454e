import { UsageError } from "../errors.js";
import { maskUrl } from "../log/mask-url.js";
import { shownUrl } from "../open-log.js";
import { type JournalSearch, readJournals } from "./find-journal.js";
import { defaultStores, type NamedPlaces, storeAddress } from "./store-address.js";

/** What a command line says of the two ends. */
export interface NamedEnds extends NamedPlaces {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The source where no other is named. */
  readonly store: string;
  readonly onUnreadable?: JournalSearch["onUnreadable"];
}

/**
 * The addresses of source and target. Without a target it is that of the last migration from this source; and from the
 * default log, which is a file, the default SQLite database.
 *
 * @throws UsageError TARGET_MISSING
 */
export async function migrationEnds(named: NamedEnds): Promise<{ readonly from: string; readonly to: string }> {
  const from = storeAddress(named.from ?? named.store, named);
  if (named.to !== undefined) return { from, to: storeAddress(named.to, named) };
  const to =
    (await lastTarget(from, named)) ?? (from === storeAddress("jsonl") ? storeAddress("sqlite", named) : undefined);
  if (to !== undefined) return { from, to };
  throw new UsageError("TARGET_MISSING", "migrate needs a target", {
    hint: "add --to sqlite:PATH, jsonl:PATH or postgres://…, or: migrate to sqlite",
  });
}

async function lastTarget(from: string, { onUnreadable }: NamedEnds): Promise<string | undefined> {
  const journals = await readJournals(onUnreadable === undefined ? {} : { onUnreadable });
  const source = shownUrl(from);
  const last = journals
    .flatMap(({ address, entries }) => entries.map((entry) => ({ address, entry })))
    .filter(({ entry }) => entry.source === source)
    .sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1))
    .at(-1);
  return last?.address;
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
