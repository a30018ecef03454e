import type { Projection } from "../../projections/projection.js";
import type { EventLog } from "../log/event-log.js";
import { BulkFold } from "./fold.js";

/** The document of one stream, and the version of the stream (0: it has no events). */
export interface StreamState<D extends object> {
  readonly document: D | null;
  readonly version: number;
}

/** Folds one stream, without reading the rest of the log. */
export async function foldStream<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  stream: string,
  toOffset?: number,
): Promise<StreamState<D>> {
  const id = projection.idOf(stream);
  if (id === undefined) throw new TypeError(`${projection.name} does not read ${stream}`);
  const fold = new BulkFold(projection);
  const range = toOffset === undefined ? {} : { toOffset };
  // Page by page: a promise an event would cost as much as folding it.
  for await (const page of log.readStream(stream, range)) for (const event of page) fold.add(event);
  const { documents, versions } = fold.finish();
  return { document: documents.get(id) ?? null, version: versions.get(id) ?? 0 };
}
