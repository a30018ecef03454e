import { isObject, memberNames, own } from "../../projections/json-leaves.js";
import { isSameJson, type JsonObject, withMember } from "../../projections/json-patch.js";
import { UsageError } from "../errors.js";
import { escapePointer, type Json } from "../log/canonical.js";

/**
 * The JSON Merge Patch (RFC 7396) that turns `before` into `after`. In it null means "remove", so it cannot set a member
 * to null: such a change has no merge patch.
 *
 * @throws UsageError MERGE_PATCH_IMPOSSIBLE
 */
export function mergePatchBetween(before: Json, after: Json, path = ""): Json {
  if (!isObject(after)) return after;
  const base = isObject(before) ? before : {};
  let patch: JsonObject = {};
  for (const key of memberNames(base, after)) {
    const [was, is] = [own(base, key), own(after, key)];
    if (isSameJson(was, is)) continue;
    const at = `${path}/${escapePointer(key)}`;
    if (is === null) throw impossible(at);
    patch = withMember(patch, key, is === undefined ? null : mergePatchBetween(was ?? null, is, at));
  }
  return patch;
}

function impossible(path: string): UsageError {
  return new UsageError("MERGE_PATCH_IMPOSSIBLE", `a merge patch cannot say that ${path} becomes null`, {
    hint: "take --format json-patch",
  });
}
