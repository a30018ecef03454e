import { typeName } from "../log/type-name.js";
import type { WebSessionStore } from "./web-session-store.js";

/** @throws TypeError */
export function assertStore(store: WebSessionStore): void {
  if (typeof store?.destroy === "function" && typeof store.log?.readStream === "function") return;
  const given = (store as unknown) instanceof Promise ? "a promise of one: await it" : typeName(store);
  throw new TypeError(`store is what openWebSessions gives, not ${given}`);
}
