import { applyPatch, type JsonObject, PatchMismatch, type PatchOp, patchSchema } from "../../projections/json-patch.js";
import type { SessionRecord } from "../../projections/session-record.js";
import { RuleError, UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import { parseExactJson } from "../log/whole-numbers.js";

/** Changes a record. @throws RuleError PATCH_DOES_NOT_FIT */
export type RecordPatch = (record: SessionRecord) => SessionRecord;

/**
 * A JSON array is a JSON Patch (RFC 6902: add, replace, remove), an object a merge patch (RFC 7396: null removes).
 *
 * @throws UsageError PATCH_INVALID
 */
export function parseRecordPatch(text: string): RecordPatch {
  const parsed = parsedJson(text);
  if (Array.isArray(parsed)) {
    const { success } = patchSchema.min(1).safeParse(parsed);
    if (!success) throw invalid("its operations are add, replace and remove, each with a path");
    return (record) => patched(record, parsed as PatchOp[]);
  }
  if (typeof parsed !== "object" || parsed === null) throw invalid("it is neither an object nor an array");
  return (record) => merged(record as JsonObject, parsed as JsonObject) as SessionRecord;
}

function patched(record: SessionRecord, patch: readonly PatchOp[]): SessionRecord {
  try {
    return applyPatch(record as JsonObject, patch) as SessionRecord;
  } catch (error) {
    if (!(error instanceof PatchMismatch)) throw error;
    throw new RuleError("PATCH_DOES_NOT_FIT", `the patch does not fit session ${record.session}: ${error.message}`, {
      hint: "read the session again, and write the patch for its present state",
    });
  }
}

/** RFC 7396. Every key is an ordinary key, `__proto__` too. */
function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const members = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) members.delete(key);
    else members.set(key, isObject(value) ? merged(objectAt(members, key), value) : value);
  }
  return Object.fromEntries(members);
}

function objectAt(members: ReadonlyMap<string, Json>, key: string): JsonObject {
  const inner = members.get(key);
  return inner !== undefined && isObject(inner) ? inner : {};
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsedJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (cause) {
    throw invalid((cause as Error).message);
  }
}

function invalid(why: string): UsageError {
  return new UsageError("PATCH_INVALID", `this is no patch: ${why}`, {
    hint: `for example --patch '{"branch":"main","prBranch":null}', or '[{"op":"remove","path":"/prBranch"}]'`,
  });
}
