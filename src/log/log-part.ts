import type { SealedEvent } from "./event.js";
import type { EventLog } from "./event-log.js";
import { eventsOf } from "./paging.js";
import type { Tail } from "./seal.js";

/** What is known of some streams up to the end of the part. */
export interface Looked {
  readonly versions: ReadonlyMap<string, number>;
  /** By id, of the ids that were asked for. */
  readonly found: ReadonlyMap<string, SealedEvent>;
}

/** The beginning of a log: events 1 to `tail`. The log may hold more; that is not looked at. */
export class LogPart {
  readonly log: EventLog;
  readonly tail: Tail;

  constructor(log: EventLog, tail: Tail) {
    this.log = log;
    this.tail = tail;
  }

  /** One look at each of the streams; where ids are asked for, each is read. */
  async look(streams: Iterable<string>, ids: ReadonlySet<string>): Promise<Looked> {
    const versions = new Map<string, number>();
    const found = new Map<string, SealedEvent>();
    const toOffset = this.tail.offset;
    for (const stream of new Set(streams)) {
      let version = 0;
      if (ids.size === 0 && toOffset > 0) version = (await this.log.readLast(stream, { toOffset }))?.version ?? 0;
      if (ids.size > 0) {
        for await (const event of eventsOf(this.log.readStream(stream, { toOffset }))) {
          version = event.version;
          if (ids.has(event.id)) found.set(event.id, event);
        }
      }
      versions.set(stream, version);
    }
    return { versions, found };
  }
}
