import { LazyResource } from "../log/lazy-resource.js";
import type { SessionStore } from "./session-store.js";

export type OpenStore = () => Promise<SessionStore>;

/** A store of sessions that is opened when it is first needed. */
export class LazyStore extends LazyResource<SessionStore> {
  constructor(open: OpenStore) {
    super("session store", open, ({ log }) => log.close());
  }
}
