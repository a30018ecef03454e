import type { WebEvent } from "../../projections/web-session-events.js";
import { ConflictError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { Turns } from "../log/turns.js";
import { RecentMap } from "./recent-map.js";
import { afterEvent, readWebStream, type WebEventNote, type WebStream, webEvent } from "./session-stream.js";

/** What was seen of streams lately: a change then needs no look before it. */
const MAX_SEEN = 50_000;
/** Writers of one session that pass each other; each round one of them wins. */
const MAX_ROUNDS = 32;

/** What is to be appended to a stream as it was seen; undefined for nothing. */
export type Decide = (seen: WebStream) => WebEvent | undefined | Promise<WebEvent | undefined>;

export interface Changed {
  readonly seen: WebStream;
  /** What was appended; undefined where nothing was. */
  readonly event: SealedEvent | undefined;
}

/** The one way to write to a web session: decide on what was seen, append with its version, decide anew on a conflict. */
export class StreamChanges {
  readonly #log: EventLog;
  readonly #actor: string;
  readonly #turns = new Turns();
  readonly #seen = new RecentMap<string, WebStream>(MAX_SEEN);

  constructor(log: EventLog, actor: string) {
    this.#log = log;
    this.#actor = actor;
  }

  /** What was seen last: others may have moved on since, and an append finds that out. */
  lastSeen(stream: string): WebStream | undefined {
    return this.#seen.get(stream);
  }

  /** Without the data, which may be large and is not needed. One that has ended is not remembered: it is seldom met. */
  remember(stream: string, { version, state }: WebStream): void {
    if (state === undefined) {
      this.#seen.delete(stream);
      return;
    }
    const { expiresAt, user, key } = state;
    this.#seen.set(stream, { version, state: { expiresAt, user, key } });
  }

  /** `read`: how the stream is looked at where others have moved on. */
  change(
    stream: string,
    start: WebStream,
    decide: Decide,
    note: WebEventNote = {},
    read = readWebStream,
  ): Promise<Changed> {
    return this.#turns.take(stream, () => this.#changed(stream, start, decide, note, read));
  }

  async #changed(
    stream: string,
    start: WebStream,
    decide: Decide,
    note: WebEventNote,
    read: typeof readWebStream,
  ): Promise<Changed> {
    let seen = start;
    for (let round = 1; ; round++) {
      const event = await decide(seen);
      if (event === undefined) return { seen, event: undefined };
      try {
        const append = { stream, expectedVersion: seen.version, events: [webEvent(event, note)] };
        const [stored] = (await this.#log.append(append, { actor: this.#actor })).events;
        if (stored === undefined) throw new TypeError("an append of one event gave none");
        const after = afterEvent(stored, event);
        this.remember(stream, after);
        return { seen: after, event: stored };
      } catch (error) {
        this.#seen.delete(stream);
        if (!(error instanceof ConflictError) || round === MAX_ROUNDS) throw error;
        seen = await read(this.#log, stream);
      }
    }
  }
}
