import type { ReadModelShape } from "../query/shape.js";
import type { NewEvent, SealedEvent } from "./event.js";

/** Claims of what stands first in a queue: one event for each, to the stream of the document that it takes. */
export interface QueueClaims {
  /** Of the read model that is the queue. */
  readonly shape: ReadModelShape;
  /** Whose documents; the queue has many. */
  readonly owner: string;
  /** Only what is ready then, inclusive: ISO 8601 UTC with milliseconds. */
  readonly readyBy: string;
  /** Before the id of a document, it gives its stream. */
  readonly streamPrefix: string;
  /** Each takes another document; as many as are free, the first events first. */
  readonly events: readonly NewEvent[];
  /** Nothing is done where this stream has an event of this type behind this version. */
  readonly guard: { readonly stream: string; readonly type: string; readonly version: number };
}

/**
 * - `claimed`: at least one; `taken` has as many as were free, in the order of their events. `body` is the document as the
 *   table has it: before the claim, as a rule; undefined where it is not there any more
 * - `none`: nothing is free
 * - `behind`: the table must be caught up first
 * - `guarded`: the guard has such an event
 * - `otherwise`: this claim cannot be done in this way now
 *
 * Nothing was written but where it is `claimed`.
 */
export type QueueClaimed =
  | { readonly outcome: "claimed"; readonly taken: readonly QueueTaken[] }
  | { readonly outcome: "none" | "behind" | "guarded" | "otherwise" };

export interface QueueTaken {
  readonly event: SealedEvent;
  readonly body: string | undefined;
}
