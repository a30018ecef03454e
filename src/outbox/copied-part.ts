import { IntegrityError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { Tail } from "../log/seal.js";

/** What is known of some streams up to the end of the copy. */
export interface Looked {
  readonly versions: ReadonlyMap<string, number>;
  /** By id, of the ids that were asked for. */
  readonly found: ReadonlyMap<string, SealedEvent>;
}

/**
 * The part of a local copy that was published: events 1 to `tail` of its file, which are the server's own. The file may
 * hold more (a copy that was cut short before it was published); that is not looked at.
 */
export class CopiedPart {
  readonly log: EventLog;
  readonly tail: Tail;

  constructor(log: EventLog, tail: Tail) {
    this.log = log;
    this.tail = tail;
  }

  /** A copy that lost its end, or its file, must not look like a shorter log. @throws IntegrityError OUTBOX_DAMAGED */
  async assertThere(): Promise<void> {
    const { offset, hash } = this.tail;
    if (offset === 0) return;
    for await (const event of eventsOf(this.log.readAll({ from: offset, to: offset }))) if (event.hash === hash) return;
    throw new IntegrityError("OUTBOX_DAMAGED", `${this.log.url} does not hold the event ${offset} that was copied`, {
      offset,
      hint: "it is made anew when the server is back; nothing that waits is lost",
    });
  }

  /** Reads each of the streams. */
  async look(streams: Iterable<string>, ids: ReadonlySet<string>): Promise<Looked> {
    const versions = new Map<string, number>();
    const found = new Map<string, SealedEvent>();
    for (const stream of new Set(streams)) {
      let version = 0;
      for await (const event of eventsOf(this.log.readStream(stream, { toOffset: this.tail.offset }))) {
        version = event.version;
        if (ids.has(event.id)) found.set(event.id, event);
      }
      versions.set(stream, version);
    }
    return { versions, found };
  }
}
