import { isSameJson, type JsonObject, withMember } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import type { Json } from "../log/canonical.js";

/**
 * What a writer meant who saw `base` and hands in `next`, on a record that is `current` by now: members that the writer
 * changed win, all others stay as they are. Objects merge member by member; an array is one value.
 */
export function mergeRecords(base: StoredRecord, next: StoredRecord, current: StoredRecord): StoredRecord {
  return merged(base, next, current) as StoredRecord;
}

function merged(base: Json | undefined, next: Json | undefined, current: Json | undefined): Json | undefined {
  if (isSameJson(base, next)) return current;
  if (!isObject(base) || !isObject(next) || !isObject(current)) return next;
  let result: JsonObject = {};
  for (const key of new Set([...Object.keys(current), ...Object.keys(next)])) {
    const value = merged(own(base, key), own(next, key), own(current, key));
    if (value !== undefined) result = withMember(result, key, value);
  }
  return result;
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
