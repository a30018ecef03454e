import type { CollaborativeSessions } from "../collab/collaborative-sessions.js";
import type { EventLog } from "../log/event-log.js";
import type { SessionStore } from "../session/session-store.js";

/** What every tool, resource and prompt works with. */
export interface McpContext {
  readonly log: EventLog;
  readonly store: SessionStore;
  readonly collab: CollaborativeSessions;
  readonly now: () => Date;
}

/** What one call brings with it. */
export interface CallContext extends McpContext {
  /** Aborts when the client takes its question back. */
  readonly signal: AbortSignal;
}
