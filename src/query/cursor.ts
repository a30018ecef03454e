import * as z from "zod";
import { sha256Hex } from "../log/hash-chain.js";
import { cursorText, placeOfCursor } from "./cursor-text.js";
import type { Place } from "./query.js";
import type { ReadModelShape } from "./shape.js";
import { shapeKey } from "./shape.js";

const cursorSchema = z.object({
  of: z.string(),
  values: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
  id: z.string(),
});

export function fingerprintOf(shape: ReadModelShape, asked: object): string {
  return sha256Hex(`${shapeKey(shape)}\n${JSON.stringify(asked)}`).slice(0, 16);
}

/** Where the page before has ended. It holds no position, so it stays right while documents come and go. */
export function encodeCursor({ values, id }: Place, fingerprint: string): string {
  return cursorText({ of: fingerprint, values, id });
}

/** @throws UsageError CURSOR_INVALID */
export function decodeCursor(cursor: string, fingerprint: string, valueCount: number): Place {
  const fits = (place: z.output<typeof cursorSchema>) => place.of === fingerprint && place.values.length === valueCount;
  const hint = "pass `next` of the page before, with the same where, search and orderBy";
  const { values, id } = placeOfCursor(cursor, cursorSchema, fits, hint);
  return { values, id };
}
