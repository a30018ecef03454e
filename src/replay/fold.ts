import { freeze, produce } from "immer";
import { FoldTexts, foldEventOf, type Projection, seenBy } from "../../projections/projection.js";
import type { SealedEvent } from "../log/event.js";
import { OwnText } from "../log/own-text.js";
import { ProjectionStopped } from "./projection-stopped.js";

/** The documents of one projection. Kept in a Map, where `__proto__` and `constructor` are ids like others. */
export interface Folded<D extends object> {
  readonly documents: Map<string, D>;
  /** Version of each stream of the projection, by document id, whether or not it has a document. */
  readonly versions: Map<string, number>;
}

export interface SharedFolded<D extends object> extends Folded<D> {
  readonly changed: readonly D[];
}

/** What is known of one stream while many events are folded. */
interface Entry<D extends object> {
  readonly id: string;
  document: D | null;
  version: number;
  /** Somebody keeps the document: the next event changes a copy. */
  isShared: boolean;
}

/**
 * Folds many events: documents are private to this object until `finish`, and changed in place. (One
 * immer draft an event costs some twenty times as much as the fold itself.)
 */
export class BulkFold<D extends object> {
  readonly #projection: Projection<D>;
  /** By id. */
  readonly #entries = new Map<string, Entry<D>>();
  /** The same by stream: one look instead of four. */
  readonly #byStream = new Map<string, Entry<D>>();
  readonly #texts = new FoldTexts();
  #isKept: ((id: string) => boolean) | undefined;

  /** `start` is taken over; its documents must be nobody else's, unless they are said to be shared. */
  constructor(projection: Projection<D>, start?: Folded<D>, isShared = false) {
    this.#projection = projection;
    for (const [id, version] of start?.versions ?? []) {
      this.#entries.set(id, { id, version, document: start?.documents.get(id) ?? null, isShared });
    }
  }

  /** How many streams of the projection were seen: there are no more documents than these. */
  get streams(): number {
    return this.#entries.size;
  }

  /** As it is now; its documents are still changed by `add`. */
  get folded(): Folded<D> {
    const folded: Folded<D> = { documents: new Map(), versions: new Map() };
    for (const { id, document, version } of this.#entries.values()) {
      folded.versions.set(id, version);
      if (document !== null) folded.documents.set(id, document);
    }
    return folded;
  }

  /**
   * As it is now, to be kept: its documents are frozen, and `add` goes on with copies. `changed` are the documents that
   * events made or changed since they were last shared; the others are those of that time.
   */
  share(): SharedFolded<D> {
    const changed: D[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.document !== null && !entry.isShared) {
        freezeJson(entry.document);
        changed.push(entry.document);
      }
      entry.isShared = true;
    }
    return { ...this.folded, changed };
  }

  /** Only these documents from now on: all others are forgotten, and their events passed over. */
  keep(isKept: (id: string) => boolean): void {
    this.#isKept = isKept;
    for (const [stream, { id }] of this.#byStream) {
      if (!isKept(id)) this.#byStream.delete(stream);
    }
    for (const id of this.#entries.keys()) {
      if (!isKept(id)) this.#entries.delete(id);
    }
  }

  /**
   * @returns whether the event belongs to a document that is folded here
   * @throws ProjectionStopped the projection fails at this event; its document may be changed by half: use none of it
   */
  add(event: SealedEvent): boolean {
    try {
      const entry = this.#byStream.get(event.stream) ?? this.#entryOf(event.stream);
      if (entry === undefined) return false;
      const seen = seenBy(this.#projection, entry.id, event, this.#texts);
      if (entry.isShared && entry.document !== null) entry.document = copyOf(entry.document);
      entry.isShared = false;
      entry.document = this.#projection.evolve(entry.document, seen);
      entry.version = seen.version;
      return true;
    } catch (error) {
      throw stoppedAt(this.#projection, event, error);
    }
  }

  /** @returns undefined where the projection does not read the stream, or its document is not kept */
  #entryOf(stream: string): Entry<D> | undefined {
    // Asked of each event of a stream that is not read, so nothing is copied before the answer.
    const read = this.#projection.idOf(stream);
    if (read === undefined || this.#isKept?.(read) === false) return undefined;
    const own = new OwnText().of(stream);
    const id = this.#projection.idOf(own) as string;
    const entry = this.#entries.get(id) ?? { id, document: null, version: 0, isShared: false };
    this.#entries.set(id, entry);
    this.#byStream.set(own, entry);
    return entry;
  }

  /** Documents are frozen from now on, so that they can be handed out without copies. Call once. */
  finish(): Folded<D> {
    const { folded } = this;
    for (const document of folded.documents.values()) freezeJson(document);
    return folded;
  }
}

/** One event on documents that others may hold: theirs stay as they are. @throws ProjectionStopped nothing has changed */
export function foldInto<D extends object>(projection: Projection<D>, folded: Folded<D>, event: SealedEvent): void {
  const seen = foldEventOf(projection, event);
  if (seen === undefined) return;
  store(folded, seen, evolved(projection, folded.documents.get(seen.id) ?? null, event));
}

/** The document after one more event; `document` stays as it is. @throws ProjectionStopped */
export function evolved<D extends object>(projection: Projection<D>, document: D | null, event: SealedEvent): D | null {
  try {
    const seen = foldEventOf(projection, event);
    if (seen === undefined) return document;
    if (document === null) return freeze(projection.evolve(null, seen), true);
    return produce(
      document as D,
      (draft) => projection.evolve(draft as D, seen) as typeof draft | undefined,
    ) as D | null;
  } catch (error) {
    throw stoppedAt(projection, event, error);
  }
}

/** All of a plain JSON value; what is frozen already is frozen down to its leaves. Immer's own takes three times as long. */
function freezeJson(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const key of Object.keys(value)) freezeJson((value as Record<string, unknown>)[key]);
}

/** Plain JSON, all of it new: several times faster than structuredClone. */
function copyOf<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const copy = { ...value };
  for (const key of Object.keys(copy) as (keyof T)[]) {
    const member = copy[key];
    if (typeof member !== "object" || member === null) continue;
    if (key === "__proto__") defineMember(copy, key, copyOf(member));
    else copy[key] = copyOf(member); // a define takes as long as all the rest of a copy
  }
  return copy;
}

/** Not by assignment, which would set the prototype where the key is `__proto__`. */
function defineMember(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function stoppedAt<D extends object>(
  { name }: Projection<D>,
  { offset }: SealedEvent,
  cause: unknown,
): ProjectionStopped {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ProjectionStopped(name, offset, why, cause);
}

function store<D extends object>(folded: Folded<D>, event: { id: string; version: number }, document: D | null): void {
  folded.versions.set(event.id, event.version);
  if (document === null) folded.documents.delete(event.id);
  else folded.documents.set(event.id, document);
}
