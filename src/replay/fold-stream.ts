import type { Projection } from "../../projections/projection.js";
import { ArchivedError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { stateAtBase } from "./base-states.js";
import { BulkFold, type Folded } from "./fold.js";

/** The document of one stream, and the version of the stream (0: it has no events). */
export interface StreamState<D extends object> {
  readonly document: D | null;
  readonly version: number;
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
): Promise<StreamState<D>> {
  const id = projection.idOf(stream);
  if (id === undefined) throw new TypeError(`${projection.name} does not read ${stream}`);
  const foldFrom = async (start?: Folded<D>) => {
    const fold = new BulkFold(projection, start, true);
    const from = (start?.versions.get(id) ?? 0) + 1;
    const range = toOffset === undefined ? { from } : { from, toOffset };
    // Page by page: a promise an event would cost as much as folding it.
    for await (const page of log.readStream(stream, range)) for (const event of page) fold.add(event);
    const { documents, versions } = fold.finish();
    return { document: documents.get(id) ?? null, version: versions.get(id) ?? 0 };
  };
  try {
    return await foldFrom();
  } catch (error) {
    if (!(error instanceof ArchivedError)) throw error;
    const base = await stateAtBase(log, projection);
    if (base === undefined || (toOffset !== undefined && toOffset < base.offset)) throw error;
    return foldFrom(partOf(base.state, id));
  }
}

/** What a state has of one document. */
function partOf<D extends object>({ documents, versions }: Folded<D>, id: string): Folded<D> {
  const [document, version] = [documents.get(id), versions.get(id)];
  return {
    documents: new Map(document === undefined ? [] : [[id, document]]),
    versions: new Map(version === undefined ? [] : [[id, version]]),
  };
}
