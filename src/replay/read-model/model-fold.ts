import type { Projection } from "../../../projections/projection.js";
import type { SealedEvent } from "../../log/event.js";
import type { ChangedDocument, FoldedPage, PageFold } from "../../log/read-model-tables.js";
import { BulkFold } from "../fold.js";
import { ProjectionStopped } from "../projection-stopped.js";
import type { ModelRows } from "./model-row.js";

/** A projection over stored documents, a page of events at a time. */
export class ModelFold<D extends object> implements PageFold {
  readonly #projection: Projection<D>;
  readonly #rows: ModelRows<D>;

  constructor(projection: Projection<D>, rows: ModelRows<D>) {
    this.#projection = projection;
    this.#rows = rows;
  }

  idsOf(events: readonly SealedEvent[]): string[] {
    const ids = new Set<string>();
    for (const { stream } of events) {
      const id = this.#projection.idOf(stream);
      if (id !== undefined) ids.add(id);
    }
    return [...ids];
  }

  fold(events: readonly SealedEvent[], bodies: ReadonlyMap<string, string>): FoldedPage {
    try {
      return this.#foldAll(events, bodies);
    } catch (error) {
      if (!(error instanceof ProjectionStopped)) throw error;
      // Once more up to there: the document of the failed event may have been changed by half.
      const { offset, why } = error;
      return {
        ...this.#foldAll(
          events.filter((event) => event.offset < offset),
          bodies,
        ),
        fault: { offset, why },
      };
    }
  }

  #foldAll(events: readonly SealedEvent[], bodies: ReadonlyMap<string, string>): FoldedPage {
    const documents = new Map<string, D>();
    for (const [id, body] of bodies) documents.set(id, JSON.parse(body));
    const fold = new BulkFold(this.#projection, { documents, versions: new Map() });
    for (const event of events) fold.add(event);
    const changed: ChangedDocument[] = [];
    const removed: string[] = [];
    for (const id of fold.folded.versions.keys()) {
      const document = documents.get(id);
      if (document !== undefined) changed.push(this.#rows.storedOf(id, document));
      else if (bodies.has(id)) removed.push(id);
    }
    return { changed, removed };
  }
}
