import type { Command } from "commander";
import { type JournalSearch, readJournals, type StoreJournal } from "../../cross-database/find-journal.js";
import { storeAddress } from "../../cross-database/store-address.js";
import { maskUrl } from "../../log/mask-url.js";
import { type JournalEntry, shownState } from "../../migrate/journal-entry.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { openingOf } from "../migrator-of.js";
import { type Column, renderTable } from "../output/table.js";

export interface JournalOptions extends CommonOptions {
  to?: string;
}

const COLUMNS: readonly Column<JournalEntry>[] = [
  { title: "MIGRATION", value: ({ id }) => id },
  { title: "STATE", value: (entry) => shownState(entry, new Date()) },
  { title: "BEGAN", value: ({ startedAt }) => startedAt, time: true },
  { title: "EVENTS", value: ({ events }) => events, align: "right" },
  { title: "FROM", value: ({ source }) => source, narrow: 12 },
  { title: "TO", value: ({ target }) => target, narrow: 12 },
];

export function migrateListCommand(state: RunState): Command {
  const command = leaf<JournalOptions>(state, "list", "the migrations into a log, oldest first", list).option(
    "--to <store>",
    "the log that was migrated into; default the store, else the default places of all backends",
  );
  return examples(command, ["sessiondb migrate list --to sqlite:./s.db"]);
}

async function list(context: CommandContext<JournalOptions>): Promise<undefined> {
  const { streams } = context;
  const journals = await journalsOf(context);
  const entries = journals.flatMap((journal) => journal.entries);
  if (streams.json) {
    const stores = journals.map(({ url, offset, unreadable }) => ({ store: url, offset, unreadable }));
    const items = entries.map((entry) => ({ ...entry, state: shownState(entry, new Date()) }));
    streams.document({ schema: "migration-list/1", offset: journals[0]?.offset ?? 0, stores, items });
    return;
  }
  if (entries.length === 0) streams.note("no migration is known");
  else streams.lines(renderTable(entries, COLUMNS, streams.width));
}

/** What list, status and resume look into: the log that was named, else the default places. */
export async function journalsOf(context: CommandContext<JournalOptions>): Promise<StoreJournal[]> {
  const { streams } = context;
  const journals = await readJournals(searchOf(context));
  for (const { url, unreadable } of journals) {
    for (const name of unreadable) streams.note(`warning: ${name} in the sidecar of ${url} cannot be read`);
  }
  return journals;
}

export function searchOf(context: CommandContext<JournalOptions>): JournalSearch {
  const { options, streams } = context;
  const named = options.to ?? options.store;
  if (named !== undefined) streams.stores = { to: maskUrl(named) };
  return {
    store: named === undefined ? undefined : storeAddress(named),
    onUnreadable: (url, error) => streams.note(`note: ${url} was not looked at: ${error.message}`),
    open: openingOf(context),
  };
}
