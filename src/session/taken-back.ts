import type { SealedEvent } from "../log/event.js";

/** Events that another one takes back, by their offsets; both ends inclusive. */
export interface TakenBack {
  readonly by: "revert" | "revert-to" | "undo" | "redo";
  readonly first: number;
  readonly last: number;
}

const OF_EVENTS = /^(revert|undo|redo):(\d{1,15})(?:-(\d{1,15}))?$/;
const TO_POINT = /^revert-to:(\d{1,15})$/;

/** What the source of an event that takes back says: `revert:42`, `undo:42-44`. {@link takenBackBy} reads it. */
export function takeBackSource({ by, first, last }: TakenBack): string {
  return first === last ? `${by}:${first}` : `${by}:${first}-${last}`;
}

/**
 * The one rule by which taking back is known, whoever did it in whatever way; undefined where an event takes back
 * nothing. Of these offsets only the events of its own session are meant.
 */
export function takenBackBy({ offset, meta }: SealedEvent): TakenBack | undefined {
  const { source = "" } = meta;
  const to = TO_POINT.exec(source);
  if (to !== null) return { by: "revert-to", first: Number(to[1]) + 1, last: offset - 1 };
  const [, by, first, last] = OF_EVENTS.exec(source) ?? [];
  if (by === undefined) return undefined;
  return { by: by as TakenBack["by"], first: Number(first), last: Number(last ?? first) };
}

export function isWithin(offset: number, { first, last }: TakenBack): boolean {
  return offset >= first && offset <= last;
}
