import * as z from "zod";
import { sessionStream } from "../../projections/sessions.js";
import { type PointContext, resolvePoint } from "../inspect/point.js";
import { resolveRangePoint } from "../inspect/range-point.js";
import type { McpContext } from "./mcp-context.js";

export const session = z.string().min(1).max(512).describe("id of a session, as list_sessions gives it");

export const point = z
  .string()
  .min(1)
  .max(200)
  .describe("a place in the log: offset (42), version of the session (v12), HEAD, HEAD~3, mark:NAME, a time, 2h (ago)");

export const asOf = point.optional().describe("answer as it was then; default now. Same forms as every point");

export const path = z.string().max(2_000).describe("a place in the record: prState.exists, or /prState/exists");

export type Members = Readonly<Record<string, unknown>>;

/**
 * An object with members of any name; default none. Not a record of zod's: that passes over a member called `__proto__` and
 * says nothing, so a change that names it and others would be half made.
 */
export const members = z
  .unknown()
  .refine((value) => typeof value === "object" && value !== null && !Array.isArray(value), "must be an object")
  .meta({ type: "object" })
  .transform((value) => value as Members)
  .default({});

export const limit = z.number().int().min(1).max(200).default(20).describe("items of one page, 1 to 200");

export const cursor = z
  .string()
  .max(4_000)
  .optional()
  .describe("next_cursor of the page before; default the first page");

export const nextCursor = z.string().optional().describe("pass it as cursor for the next page; absent on the last one");

/** @returns the offset that a text names, now where there is none */
export async function offsetOf({ log, now }: McpContext, text: string | undefined, id?: string): Promise<number> {
  if (text === undefined) return (await log.tail()).offset;
  return (await resolvePoint(log, text, pointContext(now(), id))).offset;
}

/** An end of a range: a time before the first event is 0. @returns undefined where there is none */
export async function rangeOffset({ log, now }: McpContext, text: string | undefined, id?: string) {
  if (text === undefined) return undefined;
  return (await resolveRangePoint(log, text, pointContext(now(), id))).offset;
}

export function pointContext(now: Date, id: string | undefined): PointContext {
  return id === undefined ? { now } : { now, stream: sessionStream(id) };
}
