import { collabSessionOf, partIdOf } from "../../../projections/collab-streams.js";
import type { EventColumns } from "./event-columns.js";

/** What a stream of a collaborative session is about. */
export type CollabStreamKind = "session" | "chunk" | "memory" | "task" | "artifact";

/** The events of one such stream up to an offset. */
export interface CollabSpan {
  readonly stream: string;
  readonly session: string;
  readonly kind: CollabStreamKind;
  /** Its id in the session; that of the session for the session itself. */
  readonly key: string;
  /** Of the stream, up to then: also its version then. */
  readonly events: number;
  readonly first: number;
  readonly last: number;
  /** UTF-16 units of data and meta, of all of them and of the last. */
  readonly chars: number;
  readonly lastChars: number;
}

interface Owned {
  readonly stream: string;
  readonly session: string;
  readonly kind: CollabStreamKind;
  readonly key: string;
}

const KINDS = ["chunk", "memory", "task", "artifact"] as const;
/** A stream without such an event is about nothing that was ever made. */
const MAKING = ["collab.created", "chunk.added", "memory.set", "task.created", "artifact.saved"];

/** Which streams belong to collaborative sessions: each stream's name is taken apart once, however often one asks. */
export class CollabSpans {
  readonly #columns: EventColumns;
  /** By number of the stream; undefined for all others. */
  readonly #owned: Array<Owned | undefined> = [];

  constructor(columns: EventColumns) {
    this.#columns = columns;
  }

  /** Of what was made at or before `at` (inclusive), in the order of their streams. @param session default all of them */
  at(at: number, session?: string): CollabSpan[] {
    this.#learn();
    const { stream, type, chars, types, count } = this.#columns;
    const isMaking = new Set(MAKING.map((name) => types.find(name)));
    const found = new Map<number, { events: number; first: number; last: number; chars: number; made: boolean }>();
    for (let row = 0; row < Math.min(at, count); row++) {
      const number = stream[row] as number;
      const owned = this.#owned[number];
      if (owned === undefined || (session !== undefined && owned.session !== session)) continue;
      const span = found.get(number) ?? { events: 0, first: row + 1, last: 0, chars: 0, made: false };
      span.events++;
      span.last = row + 1;
      span.chars += chars[row] as number;
      span.made ||= isMaking.has(type[row] as number);
      found.set(number, span);
    }
    const made = [...found].filter(([, span]) => span.made);
    return made.map(([number, { made: _made, ...span }]) => {
      return { ...(this.#owned[number] as Owned), ...span, lastChars: chars[span.last - 1] as number };
    });
  }

  #learn(): void {
    const { texts } = this.#columns.streams;
    for (let number = this.#owned.length; number < texts.length; number++) {
      this.#owned.push(ownedBy(texts[number] as string));
    }
  }
}

function ownedBy(stream: string): Owned | undefined {
  const session = collabSessionOf(stream);
  if (session === undefined) return undefined;
  for (const kind of KINDS) {
    const id = partIdOf(kind, stream);
    if (id !== undefined) return { stream, session, kind, key: id.slice(session.length + 1) };
  }
  return { stream, session, kind: "session", key: session };
}
