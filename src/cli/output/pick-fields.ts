import { UsageError } from "../../errors.js";

/**
 * Of one item only the members that `--json=a,b` names, `prState.exists` too; null where it has none. Without names all.
 *
 * @throws UsageError ARGUMENT_INVALID
 */
export function pickFields(item: Record<string, unknown>, fields: string | undefined): Record<string, unknown> {
  if (fields === undefined) return item;
  const names = fields.split(",").filter((name) => name !== "");
  if (names.length === 0)
    throw new UsageError("ARGUMENT_INVALID", "--json= takes names of fields", { hint: "--json=session,status" });
  return Object.fromEntries(names.map((name) => [name, memberAt(item, name) ?? null]));
}

function memberAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
