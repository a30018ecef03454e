import type { Projection } from "../../../projections/projection.js";
import type { SealedEvent } from "../../log/event.js";
import type { FoldedPage, PageFold } from "../../log/read-model-tables.js";
import { BulkFold } from "../fold.js";
import { ProjectionStopped } from "../projection-stopped.js";
import type { ModelRows } from "./model-row.js";
import { parsedDocument } from "./parsed-document.js";

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
    const fold = new BulkFold(this.#projection, {
      documents: new Map(Array.from(bodies, ([id, body]) => [id, parsedDocument<D>(this.#projection.name, body)])),
      versions: new Map(Array.from(bodies.keys(), (id) => [id, 0])),
    });
    for (const event of events) fold.add(event);
    const { documents } = fold.folded;
    const ids = this.idsOf(events);
    const byOffset = new Map(this.#rows.readsEvents ? events.map((event) => [event.offset, event]) : []);
    return {
      changed: ids.flatMap((id) => {
        const document = documents.get(id);
        return document === undefined ? [] : [this.#rows.storedOf(id, document, (offset) => byOffset.get(offset))];
      }),
      removed: ids.filter((id) => bodies.has(id) && !documents.has(id)),
    };
  }
}
