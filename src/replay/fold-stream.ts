import type { Projection } from "../../projections/projection.js";
import { ArchivedError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { stateAtBase } from "./base-states.js";
import { BulkFold, type Folded } from "./fold.js";

/** The document of one stream, and the version of the stream (0: it has no events). */
export interface StreamState<D extends object> {
  readonly document: D | null;
  readonly version: number;
}

/** A state, and the hash of the last event that is in it; null where none was folded. */
export interface FoldedStream<D extends object> extends StreamState<D> {
  readonly hash: string | null;
}

/**
 * Folds one stream, without reading the rest of the log. Where its beginning is archived and the file is not at hand, it
 * begins with the state that was kept when it was archived.
 *
 * @throws ArchivedError where that state is not held either, or an earlier one is asked for
 */
export async function foldStream<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  stream: string,
  toOffset?: number,
): Promise<FoldedStream<D>> {
  const range = toOffset === undefined ? {} : { toOffset };
  try {
    return await foldPages(projection, stream, log.readStream(stream, range));
  } catch (error) {
    if (!(error instanceof ArchivedError)) throw error;
    const base = await stateAtBase(log, projection);
    if (base === undefined || (toOffset !== undefined && toOffset < base.offset)) throw error;
    const start = partOf(base.state, idIn(projection, stream));
    return foldPages(projection, stream, log.readStream(stream, { ...range, from: start.version + 1 }), start);
  }
}

/** Folds events of one stream onto the state before them, which stays as it is. */
export async function foldPages<D extends object>(
  projection: Projection<D>,
  stream: string,
  pages: AsyncIterable<readonly SealedEvent[]>,
  start?: StreamState<D>,
): Promise<FoldedStream<D>> {
  const { id, folded } = foldedAs(projection, stream, start);
  const fold = new BulkFold(projection, folded, true);
  let hash: string | null = null;
  // Page by page: a promise an event would cost as much as folding it.
  for await (const page of pages) {
    for (const event of page) fold.add(event);
    hash = page.at(-1)?.hash ?? hash;
  }
  return { ...partOf(fold.finish(), id), hash };
}

/** The same of events that are there already. */
export function foldEvents<D extends object>(
  projection: Projection<D>,
  stream: string,
  events: readonly SealedEvent[],
  start: StreamState<D>,
): StreamState<D> {
  const { id, folded } = foldedAs(projection, stream, start);
  const fold = new BulkFold(projection, folded, true);
  for (const event of events) fold.add(event);
  return partOf(fold.finish(), id);
}

function idIn<D extends object>(projection: Projection<D>, stream: string): string {
  const id = projection.idOf(stream);
  if (id === undefined) throw new TypeError(`${projection.name} does not read ${stream}`);
  return id;
}

/** A state of one stream as the beginning of a fold; absent: before its first event. */
export function foldedAs<D extends object>(
  projection: Projection<D>,
  stream: string,
  start?: StreamState<D>,
): { readonly id: string; readonly folded: Folded<D> | undefined } {
  const id = idIn(projection, stream);
  if (start === undefined) return { id, folded: undefined };
  const { document, version } = start;
  return {
    id,
    folded: { documents: new Map(document === null ? [] : [[id, document]]), versions: new Map([[id, version]]) },
  };
}

/** What a state has of one document. */
export function partOf<D extends object>({ documents, versions }: Folded<D>, id: string): StreamState<D> {
  return { document: documents.get(id) ?? null, version: versions.get(id) ?? 0 };
}
