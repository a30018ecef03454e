import { sessionIdOf } from "../../../projections/sessions.js";
import type { SealedEvent } from "../../log/event.js";
import { printable } from "./escape.js";
import type { Streams } from "./streams.js";

/** What every command that changes a session prints: the events it appended. */
export function changed(streams: Streams, session: string, events: readonly SealedEvent[]): void {
  if (streams.json) {
    const offset = events.at(-1)?.offset ?? null;
    streams.document({ schema: "session-changed/1", session, offset, items: appendedItems(events) });
    return;
  }
  if (events.length === 0) streams.note("nothing differs: nothing was appended");
  // What only waits for its server has no place in the log yet.
  const line = streams.staleness() === undefined ? appendedLine : queuedLine;
  streams.lines(events.map(line));
}

export function appendedLine({ offset, version, type, stream }: SealedEvent): string {
  return printable(`appended ${offset}  ${type}  v${version}  ${sessionIdOf(stream) ?? stream}`);
}

function queuedLine({ type, stream }: SealedEvent): string {
  return printable(`queued  ${type}  ${sessionIdOf(stream) ?? stream}`);
}

export function appendedItems(events: readonly SealedEvent[]) {
  return events.map(({ offset, version, type, id, hash, stream }) => {
    return { session: sessionIdOf(stream), offset, version, type, id, hash };
  });
}
