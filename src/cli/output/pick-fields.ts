import { UsageError } from "../../errors.js";

/**
 * Of one item only the members that `--json=a,b` names, `prState.exists` too; null where it has none. Without names all.
 *
 * @throws UsageError ARGUMENT_INVALID
 */
export function pickFields(item: Record<string, unknown>, fields: string | undefined): Record<string, unknown> {
  if (fields === undefined) return item;
  return Object.fromEntries(fieldNames(fields).map((name) => [name, memberAt(item, name) ?? null]));
}

/** The same of each item of a document that lists some; other documents are left as they are. */
export function pickItems(document: unknown, fields: string | undefined): unknown {
  if (fields === undefined || !isObject(document) || !Array.isArray(document.items)) return document;
  return { ...document, items: document.items.map((item) => picked(item, fields)) };
}

/** The same of one item; what has no members stays as it is. */
export function picked(item: unknown, fields: string | undefined): unknown {
  return isObject(item) ? pickFields(item, fields) : item;
}

/** @throws UsageError ARGUMENT_INVALID */
export function fieldNames(fields: string): string[] {
  const names = fields.split(",").filter((name) => name !== "");
  if (names.length > 0) return names;
  throw new UsageError("ARGUMENT_INVALID", "--json= takes names of fields", { hint: "--json=session,status" });
}

function memberAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
