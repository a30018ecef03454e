import * as z from "zod";
import type { JsonObject, PatchOp } from "./json-patch.js";
import { isPlainPatch, patchSchema } from "./json-patch.js";
import type { StoredRecord } from "./session-record.js";

/** Version of all session events; an upcaster in sessions.ts brings older data to it. */
export const SESSION_SCHEMA = 1;

const record = z.looseObject({ session: z.string().min(1) });
const patched = z.object({ patch: patchSchema.min(1) });
/** What an import changed, where the session was changed here, too: `foreign` is the record as the source had it. */
const merged = z.object({ patch: patchSchema, foreign: record });

/** The data of every event type of a session. */
export const sessionEventSchemas = {
  "session.created": z.object({ record }),
  "session.imported": z.union([z.object({ record }), merged, patched]),
  "session.updated": patched,
  "session.pr-created": patched,
  "session.pr-checked": patched,
  "session.pr-merged": patched,
  "session.deleted": z.object({}),
} as const;

export type SessionEventType = keyof typeof sessionEventSchemas;

/** Written out, because checked data is used as it is: zod's copies lose `__proto__` keys. */
export type SessionEventData = { readonly record: StoredRecord } | { readonly patch: readonly PatchOp[] } | JsonObject;

export function isSessionEventType(type: string): type is SessionEventType {
  return Object.hasOwn(sessionEventSchemas, type);
}

/** @returns what is wrong with the data, or undefined */
export function sessionDataFault(type: SessionEventType, data: unknown): string | undefined {
  if (sessionEventSchemas[type] === patched && isPlainChange(data)) return undefined;
  const { error } = sessionEventSchemas[type].safeParse(data);
  return error === undefined ? undefined : `the data of ${type} is not as declared: ${z.prettifyError(error)}`;
}

function isPlainChange(data: unknown): boolean {
  const { patch } = (data ?? {}) as { patch?: unknown };
  return isPlainPatch(patch) && (patch as unknown[]).length > 0;
}
