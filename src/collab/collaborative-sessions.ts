import type { EventLog } from "../log/event-log.js";
import { Agents } from "./agents.js";
import { Artifacts } from "./artifacts.js";
import { CollabLog, type CollabOptions } from "./collab-log.js";
import { CollabSessions } from "./collab-sessions.js";
import { Conversations } from "./conversations.js";
import { Memories } from "./memories.js";
import { type CollabHits, type CollabHitsAsIs, CollabSearch, type CollabSearchOptions } from "./search.js";
import { TaskQueue } from "./task-queue.js";

/**
 * Sessions in which people and agents work together, with all that belongs to them, in one log on any backend. Each
 * change is an event; a read answers with everything that any process had appended before it. Documents are frozen.
 *
 * The log stays the caller's: close it when done.
 */
export class CollaborativeSessions {
  readonly log: EventLog;
  /** Who writes where a call names nobody. */
  readonly actor: string;
  readonly sessions: CollabSessions;
  readonly chunks: Conversations;
  readonly memories: Memories;
  readonly artifacts: Artifacts;
  readonly tasks: TaskQueue;
  readonly agents: Agents;

  readonly #search: CollabSearch;

  constructor(log: EventLog, options: CollabOptions = {}) {
    const collab = new CollabLog(log, options);
    this.log = log;
    this.actor = collab.actor;
    this.sessions = new CollabSessions(collab);
    this.chunks = new Conversations(collab);
    this.memories = new Memories(collab);
    this.artifacts = new Artifacts(collab);
    this.tasks = new TaskQueue(collab);
    this.agents = new Agents(collab);
    this.#search = new CollabSearch(collab);
  }

  /**
   * Full-text search over chunks, memories and artifacts: `word begin* "a phrase" -without`; everything else in a query is
   * data. See {@link CollabSearch.search}.
   *
   * @throws UsageError QUERY_INVALID, COLLAB_INVALID; NotFoundError COLLAB_SESSION_NOT_FOUND
   */
  search(query: string, options: CollabSearchOptions = {}): Promise<CollabHits> {
    return this.#search.search(query, options);
  }

  /** The same for somebody who only looks: no table is written. See {@link CollabSearch.searchAsIs}. */
  searchAsIs(query: string, options: Omit<CollabSearchOptions, "asOf"> = {}): Promise<CollabHitsAsIs> {
    return this.#search.searchAsIs(query, options);
  }
}
