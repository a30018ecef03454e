import type { EventLog } from "./event-log.js";
import { typeName } from "./type-name.js";

/**
 * What most often stands there in its place is a log that nobody has waited for, or a store.
 *
 * @throws TypeError
 */
export function assertLog(log: EventLog): void {
  if (typeof log?.readStream === "function") return;
  const given = (log as unknown) instanceof Promise ? "a promise of one: await it" : typeName(log);
  throw new TypeError(`log is what openLog gives, not ${given}`);
}
