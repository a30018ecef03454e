import type { Json } from "../src/log/canonical.js";
import type { SealedEvent } from "../src/log/event.js";

/** An event as a projection sees it: brought up to the newest shape of its type, with the id of its document. */
export interface FoldEvent {
  readonly id: string;
  readonly type: string;
  /** undefined after redaction. Never change it: it belongs to the stored event. */
  readonly data: Json | undefined;
  readonly schema: number;
  readonly offset: number;
  readonly version: number;
  readonly recordedAt: string;
  readonly actor: string;
}

/** What an upcaster may change. */
export interface UpcastShape {
  readonly type: string;
  readonly data: Json | undefined;
  readonly schema: number;
}

/**
 * A pure fold from events to documents, one document at a time. No clock, no randomness, no I/O: time and ids come in
 * with the event.
 */
export interface Projection<D extends object> {
  readonly name: string;
  /** Raised with every change of what the fold gives; read models of another revision are rebuilt. */
  readonly revision: number;
  /** The document that events of this stream belong to; undefined where the projection does not read the stream. */
  idOf(stream: string): string | undefined;
  /** Brings the data of an older schema to the newest one. Stored events stay as they are. */
  upcast?(event: UpcastShape): UpcastShape;
  /**
   * Changes the document in place (an immer recipe: it gets a draft, or a plain document of its own) and returns it, or
   * makes a new one from null. Must not throw: an event that cannot be applied would make the whole log unreadable.
   */
  evolve(document: D | null, event: FoldEvent): D | null;
  /** Names that people query and sort by, and how to get their values. */
  readonly fields: Readonly<Record<string, (document: D) => Json | undefined>>;
}

/** Checks a projection where it is declared, and keeps its exact type. */
export function defineProjection<D extends object>(projection: Projection<D>): Projection<D> {
  if (!/^[a-z][a-z0-9-]*$/.test(projection.name))
    throw new TypeError(`not a name for a projection: ${projection.name}`);
  if (!Number.isSafeInteger(projection.revision) || projection.revision < 1) {
    throw new TypeError(`revision of ${projection.name} must be a whole number from 1`);
  }
  return projection;
}

/** @returns undefined where the projection does not read the event's stream */
export function foldEventOf<D extends object>(projection: Projection<D>, event: SealedEvent): FoldEvent | undefined {
  const id = projection.idOf(event.stream);
  if (id === undefined) return undefined;
  const { offset, version, recordedAt, actor } = event;
  const stored: UpcastShape = { type: event.type, data: event.data, schema: event.meta.schema ?? 1 };
  const { type, data, schema } = projection.upcast?.(stored) ?? stored;
  return { id, type, data, schema, offset, version, recordedAt, actor };
}
