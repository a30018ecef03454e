import { isObject, memberNames, own } from "../../projections/json-leaves.js";
import { isSameJson, type JsonObject, withMember } from "../../projections/json-patch.js";
import { escapePointer, type Json } from "../log/canonical.js";

type Value = Json | undefined;

/**
 * What `current` becomes when the change from `before` to `after` is taken back and all else stays: a merge of three,
 * member by member, in which arrays are one value. `mayChange` is asked for each place whose value would have to change;
 * where it says no, the place keeps its value.
 *
 * Law: undoMerge(before, after, after) is before.
 */
export function undoMerge(
  before: Value,
  after: Value,
  current: Value,
  mayChange: (path: string, before: Value, current: Value) => boolean,
  path = "",
): Value {
  if (isSameJson(before, after)) return current;
  if (!isMember(before) || !isMember(after) || !isMember(current)) {
    return isSameJson(current, before) || !mayChange(path, before, current) ? current : before;
  }
  let result: JsonObject = {};
  const [was, became, is] = [before ?? {}, after ?? {}, current ?? {}];
  for (const key of memberNames(is, was, became)) {
    const inner = `${path}/${escapePointer(key)}`;
    const value = undoMerge(own(was, key), own(became, key), own(is, key), mayChange, inner);
    if (value !== undefined) result = withMember(result, key, value);
  }
  return Object.keys(result).length > 0 ? result : emptied(before, after, current);
}

/** An object that was not there before goes with its last member; one that was there stays, or comes back, empty. */
function emptied(before: JsonObject | undefined, after: JsonObject | undefined, current: Value): Value {
  if (before === undefined) return undefined;
  if (current !== undefined) return {};
  return after === undefined && Object.keys(before).length === 0 ? {} : undefined;
}

function isMember(value: Value): value is JsonObject | undefined {
  return value === undefined || isObject(value);
}
