import type * as z from "zod";
import { UsageError } from "../errors.js";

/** Base64url of JSON: one way to write a cursor, whatever it has to remember. */
export function cursorText(place: object): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/**
 * What a cursor remembers.
 *
 * @param fits whether it came from the question that is asked now
 * @throws UsageError CURSOR_INVALID, with the hint
 */
export function placeOfCursor<T>(cursor: string, schema: z.ZodType<T>, fits: (place: T) => boolean, hint: string): T {
  const { data } = schema.safeParse(jsonOf(cursor));
  if (data !== undefined && fits(data)) return data;
  const what = data === undefined ? "this is no cursor" : "this cursor belongs to another question";
  throw new UsageError("CURSOR_INVALID", what, { hint });
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined; // told by the schema
  }
}
