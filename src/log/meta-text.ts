import { InvalidEventError } from "../errors.js";
import { canonicalText } from "./canonical.js";
import type { NewEvent } from "./event.js";

type Meta = NewEvent["meta"];

export const MAX_META_CHARS = 64 * 1024;

/** The members that everybody who shows an event takes for texts. */
const TEXTS = ["reason", "correlationId", "causationId", "source", "occurredAt"] as const;

/** The texts of what the events of one append say of themselves: mostly all say the same, which is checked and printed once. */
export class MetaTexts {
  #last: Meta;
  #text: string | undefined;

  /** As {@link metaTextOf}. */
  of(meta: Meta): string {
    if (this.#text !== undefined && isSameFlat(this.#last, meta)) return this.#text;
    this.#text = metaTextOf(meta);
    this.#last = meta;
    return this.#text;
  }
}

/**
 * The canonical text of an event's meta.
 *
 * @throws InvalidEventError META_INVALID, and those of canonicalText
 */
export function metaTextOf(meta: Meta): string {
  if (meta === undefined) return "{}";
  if (typeof meta !== "object" || meta === null || Array.isArray(meta)) {
    throw new InvalidEventError("META_INVALID", "meta is an object", "/meta", {
      hint: 'for example {"reason": "typo"}',
    });
  }
  if (meta.schema !== undefined && !(Number.isSafeInteger(meta.schema) && meta.schema >= 1)) {
    throw new InvalidEventError("META_INVALID", "schema is a whole number from 1", "/meta/schema", {
      hint: "leave it out for 1",
    });
  }
  for (const name of TEXTS) {
    const value = meta[name];
    // What is stored as a reason is read as one for ever.
    if (value !== undefined && typeof value !== "string") throw notText(name);
  }
  const text = canonicalText(meta);
  if (text.length > MAX_META_CHARS) {
    throw new InvalidEventError("META_INVALID", `meta is longer than ${MAX_META_CHARS} characters`, "/meta", {
      hint: "put what is long into the data",
    });
  }
  return text;
}

function notText(name: string): InvalidEventError {
  return new InvalidEventError("META_INVALID", `${name} is a text`, `/meta/${name}`, {
    hint: "leave it out where there is none; members of other names may be any JSON",
  });
}

/** Whether `other` has the text of `valid`, which was printed: the same keys in the same order, and values without an inside. */
function isSameFlat(valid: Meta, other: Meta): boolean {
  if (valid === undefined || other === undefined || other === null) return valid === other;
  if (Object.getPrototypeOf(valid) !== Object.getPrototypeOf(other)) return false;
  const [keys, otherKeys] = [Object.keys(valid), Object.keys(other)];
  if (keys.length !== otherKeys.length) return false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const value = valid[key];
    if (key !== otherKeys[i] || typeof value === "object" || value !== other[key]) return false;
  }
  return true;
}
