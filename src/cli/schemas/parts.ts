import * as z from "zod";
import { patchSchema } from "../../../projections/json-patch.js";
import { defined } from "../../defined.js";

/** What documents of `--json` are made of. Members that are not there are left out, never undefined. */
export const offset = z.int().min(0).describe("place in the log; 0 is before everything");
export const version = z.int().min(0).describe("place in the stream of the session");
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
export const time = z.string().describe("ISO 8601 UTC");
export const count = z.int().min(0);
export const json = z.unknown().describe("any JSON value");
export const store = z.string().describe("an address; passwords are masked");
export const path = z.string().describe("JSON Pointer");
export const patch = patchSchema.describe("RFC 6902");

export const record = z
  .looseObject({ session: z.string() })
  .describe("a session as it was written, with every field that it has");

export const tail = z
  .object({ offset, hash, recordedAt: z.string() })
  .describe("last event: offset, hash, time; empty time for none");

export const change = z.object({ path, before: json.optional(), after: json.optional() });

export const filter = z
  .object({
    actors: z.array(z.string()).optional(),
    types: z.array(z.string()).optional(),
    sessions: z.array(z.string()).optional(),
    paths: z.array(z.string()).optional(),
    since: offset.optional(),
    until: offset.optional(),
  })
  .describe("what was asked for");

/** Who did something, when and why. */
export const setBy = z.object({
  offset,
  version,
  recordedAt: time,
  actor: z.string(),
  type: z.string(),
  reason: z.string().optional(),
});

export const appended = z.object({
  session: z.string().optional(),
  offset,
  version,
  type: z.string(),
  id: z.string(),
  hash,
});

export const conflict = z
  .object({ path, wanted: json.optional(), current: json.optional(), by: setBy })
  .describe("a place that a later event changed too; it keeps its value");

export const shownEvent = z.object({
  offset,
  recordedAt: time,
  actor: z.string(),
  type: z.string(),
  stream: z.string(),
  hash,
});

/** One form of what `--json` prints, and the commands that print it. */
export interface OutputSchema {
  /** What its member `schema` says. */
  readonly name: string;
  /** As they are typed, without the program's name. */
  readonly commands: readonly string[];
  readonly document: z.ZodObject;
  /** One line of `--ndjson`, but for the last one, which is {"end":true,"offset":N}. */
  readonly record?: z.ZodType;
}

const stale = z
  .object({ awaySince: time, code: z.string(), copiedOffset: offset, completeAt: time.nullable(), queued: count })
  .describe("only where the server is away and an outbox answers: how old the answer is");

export function output(
  name: string,
  commands: readonly string[],
  members: z.ZodRawShape,
  record?: z.ZodType,
): OutputSchema {
  const document = z.object({ schema: z.literal(name), ...members, stale: stale.optional() });
  return { name, commands, document, ...defined({ record }) };
}

/** A line of `sign`. */
export const tailSignature = z.object({
  offset,
  hash,
  key: hash,
  previous: hash,
  signature: z.string(),
  signedAt: z.string(),
  store,
});
