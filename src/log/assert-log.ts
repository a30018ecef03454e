import type { EventLog } from "./event-log.js";
import { typeName } from "./type-name.js";

/**
 * What most often stands there in its place is a log that nobody has waited for, or a store.
 *
 * @throws TypeError
 */
export function assertLog(log: EventLog): void {
  if (typeof log?.tail === "function") return;
  throw new TypeError(`log is what openLog gives, not ${givenName(log)}`);
}

/** What was given in the place of a log or a store, and what to do about it. */
export function givenName(given: unknown): string {
  if (given instanceof Promise) return "a promise of one: await it";
  const log = (given as { readonly log?: Partial<EventLog> } | null | undefined)?.log;
  return typeof log?.tail === "function" ? "a store: pass its log" : typeName(given);
}
