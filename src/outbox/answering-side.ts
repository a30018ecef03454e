import type { EventLog } from "../log/event-log.js";
import type { LogNotice } from "../log/open-log-options.js";
import type { LocalView } from "./local-view.js";
import { readNotice } from "./outbox-notices.js";
import type { OutboxStore } from "./outbox-store.js";
import { noCopy } from "./queue-rules.js";
import type { ServerLink } from "./server-link.js";
import type { Staleness } from "./staleness.js";

/** Who answers a read: the server, or while it is away the local view; and how old that answer is. */
export class AnsweringSide {
  readonly #link: ServerLink;
  readonly #store: OutboxStore;
  /** The server's address for people. */
  readonly #url: string;
  readonly #notify: (notice: LogNotice) => void;
  #staleness: Staleness | undefined;
  /** Since when the server was away that was told of last. */
  #toldOf: string | undefined;

  constructor(link: ServerLink, store: OutboxStore, url: string, notify: (notice: LogNotice) => void) {
    this.#link = link;
    this.#store = store;
    this.#url = url;
    this.#notify = notify;
  }

  /** Of the last answer that was not the server's; undefined where the server is there. */
  get staleness(): Staleness | undefined {
    return this.#link.away === undefined ? undefined : this.#staleness;
  }

  /** A server that goes away while it is asked has not answered: the view does. @throws UnavailableError OUTBOX_NO_COPY */
  async ask<T>(ofServer: (server: EventLog) => Promise<T>, ofView: (view: LocalView) => Promise<T>): Promise<T> {
    const server = await this.#link.forReading();
    try {
      if (server !== undefined) return await ofServer(server);
    } catch (error) {
      if (!this.#link.isAway(error)) throw error;
      this.#link.gone(error);
    }
    const { view, staleness } = await this.look();
    if (staleness.completeAt === null) throw noCopy("what is in it", this.#link.away?.error);
    this.#tell(staleness);
    return ofView(view);
  }

  /** The local view as it is now, which is how old from now on an answer is. */
  async look(): Promise<{ view: LocalView; staleness: Staleness }> {
    const { state, view } = await this.#store.current();
    const { since = this.#store.now().toISOString(), code = "LOG_LOCKED" } = this.#link.away ?? {};
    const { offset, completeAt } = state.copy;
    this.#staleness = { awaySince: since, code, copiedOffset: offset, completeAt, queued: view.queue.length };
    return { view, staleness: this.#staleness };
  }

  /** Once for each time that it goes away. */
  #tell(staleness: Staleness): void {
    if (this.#toldOf === staleness.awaySince) return;
    this.#toldOf = staleness.awaySince;
    this.#notify(readNotice(this.#url, staleness));
  }
}
