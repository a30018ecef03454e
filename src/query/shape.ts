import { sha256Hex } from "../log/hash-chain.js";
import type { ViewShape } from "./view-shape.js";

/** What a field holds. A value of another type, or none at all, is null: it is there for nobody who asks by the field. */
export type FieldType = "text" | "number" | "boolean";

export interface FieldShape {
  /** A letter, then at most 47 letters, digits and `_`; unique without regard to case; none of RESERVED_FIELDS. */
  readonly name: string;
  readonly type: FieldType;
  readonly indexed: boolean;
}

/** An index of several fields, for an order that is asked for often. */
export interface IndexShape {
  /** Declared fields; ascending ones with no value first, as queries sort them, `descending` ones the other way round. */
  readonly by: readonly { readonly field: string; readonly descending?: true }[];
  /** Only documents that have a value in this field are in it. */
  readonly having: string;
}

/** What the storage of a read model has to know of its projection. */
export interface ReadModelShape {
  /** Of the projection. */
  readonly name: string;
  readonly revision: number;
  readonly fields: readonly FieldShape[];
  /** Beside those of single fields. */
  readonly indexes?: readonly IndexShape[];
  /** True where documents have text to search in. */
  readonly searchable: boolean;
  /** The field that holds the offset of the event which gave a document its text; of hits that fit as well, the newest come first. */
  readonly textOffsetField?: string;
  /** The text stands in that event, and not in the document. */
  readonly textInEvent?: boolean;
  /** Its view in SQL, where that shows more than the fields. */
  readonly view?: ViewShape;
}

/** Every read model can be asked by the ids of its documents. */
export const ID_FIELD: FieldShape = { name: "id", type: "text", indexed: true };

/** Tells two shapes apart: a read model of another revision, or with other fields, is another read model. */
export function shapeKey(shape: ReadModelShape): string {
  const known = KEYS.get(shape) ?? keyOf(shape);
  KEYS.set(shape, known);
  return known;
}

/** Each question needs the key, and a shape does not change. */
const KEYS = new WeakMap<ReadModelShape, string>();

function keyOf({ name, revision, fields, indexes, searchable, textOffsetField, view }: ReadModelShape): string {
  const more = [...(view === undefined ? [] : [view]), ...(indexes === undefined ? [] : [indexes])];
  const declared = JSON.stringify([
    fields.map((field) => [field.name, field.type, field.indexed]),
    searchable ? [WORDS_LAYOUT, textOffsetField ?? null] : false,
    ...more,
  ]);
  return `${name.replaceAll("-", "_")}_r${revision}_${sha256Hex(declared).slice(0, 8)}`;
}

/** Raised when tables keep the words of documents otherwise: older tables are not asked. */
const WORDS_LAYOUT = 2;

const NAME = /^[a-z][a-z0-9-]{0,23}$/;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,47}$/;
const FIELD_TYPES: readonly FieldType[] = ["text", "number", "boolean"];
const MAX_FIELDS = 64;
const RESERVED_FIELDS = ["id", "document", "doc_row", "words_hash"];
/** A read model is a view of its name in SQL, beside the tables of the log. */
const RESERVED_NAMES = ["events", "log-head", "sidecar", "schema-migrations", "schema-migrations-lock", "read-models"];

/** @throws TypeError */
export function assertShape({ name, revision, fields, indexes = [] }: ReadModelShape): void {
  if (!NAME.test(name) || RESERVED_NAMES.includes(name) || name.startsWith("model-")) {
    throw new TypeError(`not a name for a projection: ${name}`);
  }
  if (!Number.isSafeInteger(revision) || revision < 1 || revision > 999_999) {
    throw new TypeError(`revision of ${name} must be a whole number from 1 to 999999`);
  }
  if (fields.length > MAX_FIELDS) throw new TypeError(`${name} has more than ${MAX_FIELDS} fields`);
  const seen = new Set(RESERVED_FIELDS);
  for (const field of fields) {
    const lower = field.name.toLowerCase();
    if (!FIELD_NAME.test(field.name) || seen.has(lower)) throw new TypeError(`not a field of ${name}: ${field.name}`);
    seen.add(lower);
    if (!FIELD_TYPES.includes(field.type)) {
      throw new TypeError(`field ${field.name} of ${name}: its type is one of ${FIELD_TYPES.join(", ")}`);
    }
  }
  for (const field of indexes.flatMap(({ by, having }) => [having, ...by.map((one) => one.field)])) {
    if (!fields.some((declared) => declared.name === field)) throw new TypeError(`no field of ${name}: ${field}`);
  }
}
