import { sessionIdOf } from "../../../projections/sessions.js";
import type { SealedEvent } from "../../log/event.js";
import { printable } from "./escape.js";
import type { Streams } from "./streams.js";

/** What every command that changes a session prints: the events it appended, or on trial would append. */
export function changed(
  streams: Streams,
  session: string,
  events: readonly SealedEvent[],
  { dryRun = false }: { dryRun?: boolean } = {},
): void {
  if (streams.json) {
    const offset = events.at(-1)?.offset ?? null;
    const trial = dryRun ? { dryRun } : {};
    streams.document({ schema: "session-changed/1", session, offset, ...trial, items: appendedItems(events) });
    return;
  }
  if (events.length === 0) streams.note("nothing differs: nothing was appended");
  streams.lines(events.map(lineOf(streams, dryRun)));
  if (dryRun) streams.note("nothing was written");
}

function lineOf(streams: Streams, dryRun: boolean): (event: SealedEvent) => string {
  if (dryRun) return (event) => lineAbout("would append", event);
  // What only waits for its server has no place in the log yet.
  return streams.staleness() === undefined ? appendedLine : queuedLine;
}

export function appendedLine(event: SealedEvent): string {
  return lineAbout("appended", event);
}

function lineAbout(doing: string, { offset, version, type, stream }: SealedEvent): string {
  return printable(`${doing} ${offset}  ${type}  v${version}  ${sessionIdOf(stream) ?? stream}`);
}

function queuedLine({ type, stream }: SealedEvent): string {
  return printable(`queued  ${type}  ${sessionIdOf(stream) ?? stream}`);
}

export function appendedItems(events: readonly SealedEvent[]) {
  return events.map(({ offset, version, type, id, hash, stream }) => {
    return { session: sessionIdOf(stream), offset, version, type, id, hash };
  });
}
