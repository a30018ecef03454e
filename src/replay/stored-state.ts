import { freeze } from "immer";
import { type Projection, shapeOf } from "../../projections/projection.js";
import type { EventLog } from "../log/event-log.js";
import type { DocumentRead } from "../log/read-model-tables.js";
import type { ReadModelShape } from "../query/shape.js";
import { foldEvents, type StreamState } from "./fold-stream.js";

/** A state that begins with a document out of a table. */
export interface StoredState<D extends object> extends StreamState<D> {
  /** Events that the table did not know. */
  readonly folded: number;
  /** Of the last of them; null where there were none. */
  readonly hash: string | null;
}

/**
 * The present state of one stream, from the table of its projection and the events that are newer. The document is frozen.
 *
 * @returns undefined where the log has no such table, the projection does not say how far a document is, or the table does
 *   not tell: whoever asks folds the stream
 */
export async function readStoredState<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  stream: string,
): Promise<StoredState<D> | undefined> {
  const { versionField } = projection;
  const id = projection.idOf(stream);
  if (log.readDocument === undefined || versionField === undefined || id === undefined) return undefined;
  const read = await log.readDocument({ shape: shapeFor(projection), id, stream, versionField });
  const start = read && startOf<D>(read);
  if (start === undefined) return undefined;
  const { newer } = read as DocumentRead;
  const state = newer.length === 0 ? start : foldEvents(projection, stream, newer, start);
  return { ...state, folded: newer.length, hash: newer.at(-1)?.hash ?? null };
}

/** Documents of a table are caches: one that is no JSON is passed over, the log knows better. */
function startOf<D extends object>({ body, version }: DocumentRead): StreamState<D> | undefined {
  try {
    return { document: body === null ? null : freeze(JSON.parse(body) as D, true), version };
  } catch {
    return undefined;
  }
}

/** Its key is worked out once. */
const SHAPES = new WeakMap<object, ReadModelShape>();

function shapeFor<D extends object>(projection: Projection<D>): ReadModelShape {
  const known = SHAPES.get(projection) ?? shapeOf(projection);
  SHAPES.set(projection, known);
  return known;
}
