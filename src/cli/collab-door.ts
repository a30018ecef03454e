import type { Command } from "commander";
import type { CollabNote } from "../collab/collab-log.js";
import { CollaborativeSessions } from "../collab/collaborative-sessions.js";
import { defined } from "../defined.js";
import type { EventLog } from "../log/event-log.js";
import type { Page } from "../query/query.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "./as-of.js";
import { type CommandContext, type CommonOptions, wholeNumber } from "./command.js";
import type { Streams } from "./output/streams.js";
import { type Column, renderFields, renderTable } from "./output/table.js";

/** Options of commands that write. */
export interface CollabWriteOptions extends CommonOptions {
  reason?: string;
}

/** Options of commands that list. */
export interface CollabListOptions extends CommonOptions, AsOfOptions {
  limit?: number;
  cursor?: string;
}

export function withReason(command: Command): Command {
  return command.option("--reason <text>", "why, for the audit trail");
}

export function withPages(command: Command): Command {
  return command
    .option("--limit <n>", "at most this many, 1 to 1000; default 100", wholeNumber("--limit"))
    .option("--cursor <text>", "goes on behind the page that named it")
    .addOption(asOfOption());
}

/** The store that is written to; `mustExist: false` makes it where there is none. */
export async function collabToWrite(
  { openStore, options }: CommandContext<CommonOptions>,
  mustExist = true,
): Promise<CollaborativeSessions> {
  const log = await openStore({ mustExist });
  return new CollaborativeSessions(log, options.actor === undefined ? {} : { actor: options.actor });
}

/** The store that is read, and the point that --as-of names. */
export async function collabToRead({
  openStore,
  options,
  streams,
}: CommandContext<CommonOptions & AsOfOptions>): Promise<{ collab: CollaborativeSessions; asOf: { asOf?: number } }> {
  const log = await openStore({ mustExist: true });
  const point = await resolveAsOf(log, options, streams);
  return { collab: new CollaborativeSessions(log), asOf: point === undefined ? {} : { asOf: point.offset } };
}

export function noteOf({ reason }: CollabWriteOptions): CollabNote {
  return reason === undefined ? {} : { reason };
}

/** The part of a list that is asked for. Always counted: the last line says of how many. */
export function pageOf({ limit, cursor }: CollabListOptions, asOf: { asOf?: number }) {
  const given = defined({ limit, cursor });
  return { ...given, ...asOf, total: true };
}

/** One thing: with --json under its name, else a line a member. Texts with several lines are to be printed by the caller. */
export async function tell(
  streams: Streams,
  log: EventLog,
  schema: string,
  document: Readonly<Record<string, object | null>>,
  asOf?: number,
): Promise<void> {
  const offset = asOf ?? (await log.tail()).offset;
  if (streams.json) {
    streams.document({ schema, offset, ...document });
    return;
  }
  const members = Object.values(document).flatMap((one) => Object.entries(one ?? {}));
  streams.lines(renderFields(members.map(([name, value]) => [name, shown(value)])));
  streams.note(`offset ${offset} · ${log.url}`);
}

/** A page of a list. */
export function tellPage<D extends object>(
  streams: Streams,
  { url }: EventLog,
  schema: string,
  page: Page<D>,
  columns: readonly Column<D>[],
): void {
  const { documents, offset, next, total = documents.length } = page;
  if (streams.json) {
    streams.document({ schema, offset, total, items: documents, next });
    return;
  }
  if (documents.length > 0) streams.lines(renderTable(documents, columns, streams.width));
  const more = next === null ? "" : ` · the next page: --cursor ${next}`;
  streams.note(`${documents.length} of ${total} · offset ${offset} · ${url}${more}`);
}

/** A list that has no pages, as of `asOf`, or now. */
export async function tellAll<D extends object>(
  streams: Streams,
  log: EventLog,
  schema: string,
  documents: readonly D[],
  columns: readonly Column<D>[],
  asOf: number | undefined,
): Promise<void> {
  const offset = asOf ?? (await log.tail()).offset;
  tellPage(streams, log, schema, { documents, offset, next: null }, columns);
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}
