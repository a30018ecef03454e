import type { Command } from "commander";
import { findMigration } from "../../cross-database/find-journal.js";
import { shellWord } from "../../log/shell-word.js";
import { type CutEvents, type JournalEntry, shownState } from "../../migrate/journal-entry.js";
import { storeOption } from "../../migrate/store-option.js";
import { shownUrl } from "../../open-log.js";
import { type CommandContext, examples, leaf, type RunState } from "../command.js";
import { durationText, sizeText } from "../output/amounts.js";
import { renderFields } from "../output/table.js";
import { type JournalOptions, journalsOf, searchOf } from "./migrate-list.js";

export function migrateStatusCommand(state: RunState): Command {
  const command = leaf<JournalOptions>(
    state,
    "status [id]",
    "one migration, or the last one: how it went",
    status,
  ).option(
    "--to <store>",
    "the log that was migrated into; default the store, else the default places of all backends",
  );
  return examples(command, ["sessiondb migrate status --to sqlite:./s.db"]);
}

async function status(context: CommandContext<JournalOptions>, id?: string): Promise<undefined> {
  const { streams } = context;
  const journals = await journalsOf(context);
  const all = journals.flatMap(({ entries, url }) => entries.map((entry) => ({ entry, url })));
  const last = all.sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1)).at(-1);
  const { entry, url } = id === undefined ? (last ?? {}) : await found(id, context);
  if (streams.json) {
    const migration = entry === undefined ? null : { ...entry, state: shownState(entry, new Date()) };
    const offset = (journals.find((journal) => journal.url === url) ?? journals[0])?.offset ?? 0;
    streams.document({ schema: "migration-status/1", offset, migration });
    return;
  }
  if (entry === undefined) streams.note("no migration is known");
  else streams.lines(renderFields(fieldsOf(entry, url ?? entry.target)));
}

async function found(id: string, context: CommandContext<JournalOptions>) {
  const { entry, address } = await findMigration(id, searchOf(context));
  return { entry, url: shownUrl(address) };
}

/** @param place the log whose journal it is: it may have been moved since */
function fieldsOf(entry: JournalEntry, place: string): [string, string][] {
  const { id, source, target, actor, host, before, planned, after, reached } = entry;
  const state = shownState(entry, new Date());
  const { events, sessions, bytes, states, copyMs, verifyMs, error } = entry;
  const fields: [string, string][] = [
    ["migration", id],
    ["state", error === null ? state : `${state}: ${error.code}: ${error.message}`],
    ["from", source],
    ["to", target],
    ["by", `${actor} on ${host}`],
    ["began", entry.startedAt],
    ["ended", entry.endedAt ?? "-"],
    ["offsets", `${before.offset} → ${after?.offset ?? `${reached.offset} of ${planned.offset}`}`],
    ["tail hash", after?.hash ?? reached.hash],
    ["wrote", `${events} events, ${sessions} sessions, ${sizeText(bytes)} as JSONL`],
    ["compared", `${states} states`],
    ["took", `${durationText(copyMs)} copying, ${durationText(verifyMs)} verifying`],
    ...(entry.cutover ? [["cut over", frozenText(entry)] as [string, string]] : []),
    ...(entry.switched === null
      ? []
      : [["switched", `${entry.switched.file} on ${entry.switched.host}`] as [string, string]]),
    ...(entry.onConflict === null ? [] : [["conflict", entry.onConflict] as [string, string]]),
    ...(entry.replaced === null ? [] : [["replaced", cutText(entry.replaced)] as [string, string]]),
    ...entry.rollbacks.map((cut): [string, string] => ["rolled back", cutText(cut)]),
    ...entry.backups.map((path): [string, string] => ["backup", path]),
  ];
  return [...fields, ["next", nextOf(entry, state, place)]];
}

function frozenText({ frozen, source }: JournalEntry): string {
  return frozen === null ? `${source} is not frozen` : `${source} was frozen at offset ${frozen.offset}`;
}

function cutText({ at, actor, from, to, savedAs }: CutEvents): string {
  return `${from}..${to} at ${at} by ${actor}, saved in ${savedAs}`;
}

function nextOf({ id, rollbacks }: JournalEntry, state: string, place: string): string {
  const to = storeOption("--to", place);
  const last = rollbacks.at(-1);
  if (state === "rolled-back") {
    return last === undefined
      ? "sessiondb migrate, to do it again"
      : `sessiondb restore ${shellWord(last.savedAs)}${to}`;
  }
  if (state === "done") return `sessiondb rollback ${id}${to}`;
  return state === "running" ? "wait for it" : `sessiondb migrate resume ${id}${to}`;
}
