import { givenName } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import type { SessionStore } from "./session-store.js";

/**
 * What most often stands there in its place is a log, or a store that nobody has waited for.
 *
 * @throws TypeError
 */
export function assertStore(store: SessionStore): void {
  if (typeof store?.folded === "function") return;
  const isLog = typeof (store as unknown as Partial<EventLog> | null | undefined)?.tail === "function";
  throw new TypeError(`store is a SessionStore, not ${isLog ? "a log: new SessionStore(log)" : givenName(store)}`);
}
