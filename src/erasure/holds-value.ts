import { valueAt } from "../../projections/json-leaves.js";
import { isSessionEventType } from "../../projections/session-events.js";
import type { Json } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";

/** True where the event says what stands, or stood, at a place of the record (a JSON Pointer), or inside it. */
export function holdsValueAt({ type, data }: SealedEvent, path: string): boolean {
  if (!isSessionEventType(type)) return false;
  const { record, foreign, patch } = (data ?? {}) as { record?: Json; foreign?: Json; patch?: Json };
  if (valueAt(record, path) !== undefined || valueAt(foreign, path) !== undefined) return true;
  return Array.isArray(patch) && patch.some((operation) => operationHolds(operation, path));
}

/** Data of other programs may hold anything in the place of an operation. */
function operationHolds(operation: Json, wanted: string): boolean {
  const { path, value } = (operation ?? {}) as { path?: Json; value?: Json };
  if (typeof path !== "string" || value === undefined) return false;
  if (isWithin(path, wanted)) return true;
  return isWithin(wanted, path) && valueAt(value, wanted.slice(path.length)) !== undefined;
}

/** Whether a place is another one, or lies inside it. */
export function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}/`);
}
