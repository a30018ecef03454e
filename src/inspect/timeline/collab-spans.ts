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

/** How much there is of a session, without its things one by one. */
export interface CollabTotal {
  readonly session: string;
  /** Of the session or of anything in it. */
  readonly last: number;
  readonly counts: Readonly<Record<CollabStreamKind, number>>;
}

type Owned = Pick<CollabSpan, "stream" | "session" | "kind" | "key">;

const NONE: Readonly<Record<CollabStreamKind, number>> = { session: 0, chunk: 0, memory: 0, task: 0, artifact: 0 };
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

  /** What was made in a session at or before `at` (inclusive). */
  at(at: number, session: string): CollabSpan[] {
    this.#learn();
    const { stream, type, chars, types, count } = this.#columns;
    const isMaking = new Set(MAKING.map((name) => types.find(name)));
    const found = new Map<number, { events: number; first: number; last: number; chars: number; made: boolean }>();
    for (let row = 0; row < Math.min(at, count); row++) {
      const number = stream[row] as number;
      const owned = this.#owned[number];
      if (owned?.session !== session) continue;
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

  /** All sessions of which anything was made at or before `at`, in no order: a few steps an event, however many streams. */
  totals(at: number): CollabTotal[] {
    this.#learn();
    const { stream, type, types, count } = this.#columns;
    const isMaking = Uint8Array.from(types.texts, (name) => (MAKING.includes(name) ? 1 : 0));
    const isMade = new Uint8Array(this.#owned.length);
    const totals = new Map<string, { last: number; counts: Record<CollabStreamKind, number> }>();
    for (let row = 0; row < Math.min(at, count); row++) {
      const number = stream[row] as number;
      const owned = this.#owned[number];
      if (owned === undefined || (isMade[number] === 0 && isMaking[type[row] as number] === 0)) continue;
      const total = totals.get(owned.session) ?? { last: 0, counts: { ...NONE } };
      if (total.last === 0) totals.set(owned.session, total);
      total.last = row + 1;
      if (isMade[number] === 0) total.counts[owned.kind]++;
      isMade[number] = 1;
    }
    return [...totals].map(([session, total]) => ({ session, ...total }));
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
