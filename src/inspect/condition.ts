import { valueAt } from "../../projections/json-leaves.js";
import { isSameJson } from "../../projections/json-patch.js";
import type { Json } from "../log/canonical.js";

/** Something that is true or false of a record. */
export interface Condition {
  /** JSON Pointer. */
  readonly path: string;
  readonly test: ConditionTest;
}

export type ConditionTest =
  | { readonly kind: "equals"; readonly text: string }
  | { readonly kind: "matches"; readonly pattern: RegExp }
  | { readonly kind: "exists" }
  | { readonly kind: "missing" };

/** @param record null where there is no session: then nothing is anywhere in it */
export function holds(record: Json, { path, test }: Condition): boolean {
  const value = valueAt(record, path);
  switch (test.kind) {
    case "equals":
      return equalsText(value, test.text);
    case "matches":
      return value !== undefined && test.pattern.test(typeof value === "string" ? value : JSON.stringify(value));
    case "exists":
      return value !== undefined;
    case "missing":
      return value === undefined;
    default:
      throw new TypeError(`unhandled ${test satisfies never}`);
  }
}

/** A text is compared as it stands, everything else as JSON: `283` is the number, and the text where a text is there. */
function equalsText(value: Json | undefined, text: string): boolean {
  if (value === text) return true;
  try {
    return value !== undefined && isSameJson(value, JSON.parse(text) as Json);
  } catch {
    return false; // no JSON, so only a text could be equal
  }
}
