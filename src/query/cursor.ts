import * as z from "zod";
import { UsageError } from "../errors.js";
import { sha256Hex } from "../log/hash-chain.js";
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

/** Base64url of where the page before has ended. It holds no position, so it stays right while documents come and go. */
export function encodeCursor({ values, id }: Place, fingerprint: string): string {
  return Buffer.from(JSON.stringify({ of: fingerprint, values, id })).toString("base64url");
}

/** @throws UsageError CURSOR_INVALID */
export function decodeCursor(cursor: string, fingerprint: string, valueCount: number): Place {
  const { data } = cursorSchema.safeParse(jsonOf(cursor));
  if (data?.of === fingerprint && data.values.length === valueCount) return { values: data.values, id: data.id };
  const what = data === undefined ? "this is no cursor" : "this cursor belongs to another query";
  throw new UsageError("CURSOR_INVALID", what, {
    hint: "pass `next` of the page before, with the same where, search and orderBy",
  });
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined; // told by the schema
  }
}
