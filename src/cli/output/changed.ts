import type { SealedEvent } from "../../log/event.js";
import type { Streams } from "./streams.js";

/** What every command that changes a session prints: the events it appended. */
export function changed(streams: Streams, session: string, events: readonly SealedEvent[]): void {
  if (streams.json) {
    const items = events.map(({ offset, version, type, id, hash }) => ({ offset, version, type, id, hash }));
    streams.document({ schema: "session-changed/1", session, offset: events.at(-1)?.offset ?? null, items });
    return;
  }
  if (events.length === 0) streams.note("nothing differs: nothing was appended");
  streams.lines(events.map(({ offset, version, type }) => `appended ${offset}  ${type}  v${version}  ${session}`));
}
