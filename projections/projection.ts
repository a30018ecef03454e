import type { Json } from "../src/log/canonical.js";
import type { SealedEvent } from "../src/log/event.js";
import { OwnText } from "../src/log/own-text.js";
import { assertShape, type FieldType, type IndexShape, type ReadModelShape } from "../src/query/shape.js";
import type { ViewShape } from "../src/query/view-shape.js";

/** An event as a projection sees it: brought up to the newest shape of its type, with the id of its document. */
export interface FoldEvent {
  readonly id: string;
  /** Several streams may belong to one document. To keep it, copy it (OwnText): it may be a part of a longer text. */
  readonly stream: string;
  readonly type: string;
  /** undefined after redaction. Never change it: it belongs to the stored event. */
  readonly data: Json | undefined;
  readonly schema: number;
  readonly offset: number;
  readonly version: number;
  readonly recordedAt: string;
  readonly actor: string;
  /** Why, as its writer said. */
  reason(): string | undefined;
}

/** What an upcaster may change. */
export interface UpcastShape {
  readonly type: string;
  readonly data: Json | undefined;
  readonly schema: number;
}

/** A value that people query and sort by. A value of another type than declared counts as none. */
export interface ProjectionField<D extends object> {
  readonly type: FieldType;
  /** Asked for often: SQL keeps an index. Each one costs a little with every change of a document. */
  readonly indexed?: boolean;
  of(document: D): unknown;
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
  /** By name: a column of the read model's table, and a name in queries. */
  readonly fields: Readonly<Record<string, ProjectionField<D>>>;
  /**
   * The declared field that holds the version of the document's stream, at the last event that is in it; each of its events must
   * change it, and no other stream may belong to the document. With it, the present of one document is read from tables,
   * where they have it.
   */
  readonly versionField?: string;
  /** For orders over several fields. Each one costs a little with every change of a document. */
  readonly indexes?: readonly IndexShape[];
  /** How its view in SQL looks, where that is to show more than the fields. */
  readonly view?: ViewShape;
  /** The texts that a full-text search looks at; what is no text is passed over. Without it there is none. */
  search?(document: D): readonly unknown[];
  /**
   * The declared field that holds the offset of the event which gave the document the text that `search` shows: of hits that
   * fit as well, the newest come first. Without it their ids decide. With `eventText` it is that one's `offsetField`.
   */
  readonly textOffsetField?: string;
  /** In its place, for documents that are too small to hold the text that is searched: it stands in an event of theirs. */
  readonly eventText?: {
    /** The declared field that holds the offset of that event. Each event that changes it holds the whole text. */
    readonly offsetField: string;
    /** The texts of an event; none of events that hold none. */
    of(event: FoldEvent): readonly unknown[];
  };
}

/**
 * Checks a projection where it is declared, and keeps its exact type.
 *
 * @throws TypeError the name, the revision or a field cannot be used on every backend
 */
export function defineProjection<D extends object>(projection: Projection<D>): Projection<D> {
  assertDeclared(projection);
  assertShape(shapeOf(projection));
  return projection;
}

/** Not every caller is checked by a compiler. @throws TypeError a part that every projection has is missing */
function assertDeclared(projection: unknown): void {
  const { name, revision, idOf, evolve, fields } = (projection ?? {}) as Partial<Projection<object>>;
  const parts: readonly (readonly [string, boolean])[] = [
    ["a name", typeof name === "string"],
    ["a revision, such as 1", typeof revision === "number"],
    ["idOf(stream), which gives the id of its document", typeof idOf === "function"],
    ["evolve(document, event), which gives the document after it", typeof evolve === "function"],
    ["fields, which may be {}", typeof fields === "object" && fields !== null && !Array.isArray(fields)],
  ];
  const missing = parts.filter(([, isThere]) => !isThere).map(([what]) => what);
  if (missing.length > 0) throw new TypeError(`a projection has ${missing.join("; ")}`);
  const odd = Object.entries(fields ?? {}).find(
    ([, field]) => typeof (field as unknown as { of?: unknown } | null)?.of !== "function",
  );
  if (odd !== undefined) throw new TypeError(`field ${odd[0]} of ${name} has no of(document), which gives its value`);
}

/** What the storage of its read model has to know. */
export function shapeOf<D extends object>(projection: Projection<D>): ReadModelShape {
  const {
    name,
    revision,
    fields,
    indexes,
    search,
    eventText,
    textOffsetField = eventText?.offsetField,
    view,
  } = projection;
  const shapes = Object.entries(fields).map(([field, { type, indexed = false }]) => ({ name: field, type, indexed }));
  const searchable = search !== undefined || eventText !== undefined;
  const texts = textOffsetField === undefined ? {} : { textOffsetField, textInEvent: eventText !== undefined };
  const more = { ...(indexes === undefined ? {} : { indexes }), ...(view === undefined ? {} : { view }) };
  return { name, revision, fields: shapes, searchable, ...texts, ...more };
}

/** @returns undefined where the projection does not read the event's stream */
export function foldEventOf<D extends object>(projection: Projection<D>, event: SealedEvent): FoldEvent | undefined {
  const id = projection.idOf(event.stream);
  return id === undefined ? undefined : seenBy(projection, new OwnText().of(id), event);
}

/** Copies for documents to keep. */
export class FoldTexts {
  readonly time = new OwnText();
  readonly actor = new OwnText();
}

/** The event of a document whose id is known. `texts` is handed from one event to the next, to copy less. */
export function seenBy<D extends object>(
  projection: Projection<D>,
  id: string,
  event: SealedEvent,
  texts = new FoldTexts(),
): FoldEvent {
  const { offset, version, schema } = event;
  const recordedAt = texts.time.of(event.recordedAt);
  const actor = texts.actor.of(event.actor);
  const stored: UpcastShape = { type: event.type, data: event.data, schema };
  const { type, data, schema: lifted } = projection.upcast?.(stored) ?? stored;
  // Parsing meta costs more than folding: only who asks for the reason pays for it.
  const reason = () => (typeof event.meta.reason === "string" ? event.meta.reason : undefined); // others may put anything
  return { id, stream: event.stream, type, data, schema: lifted, offset, version, recordedAt, actor, reason };
}
