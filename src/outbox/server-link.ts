import { UnavailableError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import type { LogNotice } from "../log/open-log-options.js";
import { codeOfAway, isAway } from "./away.js";
import { ContactTimer } from "./contact-timer.js";
import { KeptCopy } from "./kept-copy.js";
import { notReplayedNotice, replayedNotices } from "./outbox-notices.js";
import type { OutboxStore } from "./outbox-store.js";
import type { Replayed } from "./replay-queue.js";
import { type SettleOptions, settle } from "./settle.js";

/** That the server is away, and how this process knows. */
export interface Away {
  /** When this process noticed: ISO 8601 UTC, of this machine. */
  readonly since: string;
  /** The code of the error that told. */
  readonly code: string;
  readonly error: unknown;
}

export interface ServerLinkOptions {
  readonly open: () => Promise<EventLog>;
  readonly store: OutboxStore;
  readonly notify: (notice: LogNotice) => void;
  /** Called when the server is back, and when others may have appended. */
  readonly onChange: () => void;
  /** The first pause before the server is asked again. Default 1,000. */
  readonly contactMs?: number | undefined;
  /** How long a copy may take that nobody waits for. Default 2,000. */
  readonly copyMs?: number | undefined;
  /** Whether a contact replays what waits. Default true. */
  readonly replays?: boolean | undefined;
}

/**
 * Whether the server is there, and what is done when it comes back. While it is away nobody waits for it: a timer asks again.
 * Before anything is written to a server that is there, what waits for it is replayed.
 */
export class ServerLink {
  readonly #options: ServerLinkOptions;
  readonly #copy: KeptCopy;
  readonly #timer: ContactTimer;
  #server: EventLog | undefined;
  #opening: Promise<EventLog> | undefined;
  #away: Away | undefined;
  #reachedBefore = false;
  #isClosed = false;

  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#copy = new KeptCopy(options.store, options.copyMs);
    this.#timer = new ContactTimer(options.contactMs ?? 1_000, () => this.#ask());
  }

  /** undefined while the server is there. */
  get away(): Away | undefined {
    return this.#away;
  }

  /** The log on the server, if it was opened; it may be away. */
  get server(): EventLog | undefined {
    return this.#server;
  }

  /** The first contact. @throws what says that the server is there and refuses */
  async begin(): Promise<void> {
    this.#reachedBefore = (await this.#options.store.state()).contactAt !== null;
    await this.#contact();
    this.#timer.start();
  }

  isAway(error: unknown): boolean {
    return isAway(error, this.#reachedBefore);
  }

  /** From now on nobody asks the server but the timer. */
  gone(error: unknown): Away {
    const away = { since: this.#options.store.now().toISOString(), code: codeOfAway(error), error };
    if (this.#away === undefined) this.#timer.start();
    this.#away ??= away;
    return this.#away;
  }

  /** The server with nothing waiting in front of it. @returns undefined where appends are to be queued */
  async forWriting(): Promise<EventLog | undefined> {
    if (this.#away !== undefined || this.#server === undefined) return undefined;
    if (!(await this.#options.store.isWaiting())) return this.#server;
    return (await this.#settled(this.#server)) === undefined ? undefined : this.#server;
  }

  /** As for writing; where what waits cannot be replayed, the server all the same, and a notice. */
  async forReading(): Promise<EventLog | undefined> {
    try {
      const server = await this.forWriting();
      if (server !== undefined || this.#away !== undefined) return server;
      throw new UnavailableError("LOG_LOCKED", "another process is replaying them");
    } catch (error) {
      this.#options.notify(notReplayedNotice(error));
      return this.#server;
    }
  }

  /** Replays and copies all, now. @throws where the server is away, and whatever it answers */
  async replay(options: SettleOptions): Promise<Replayed> {
    const { store } = this.#options;
    const server = this.#server ?? (await this.#opened());
    const replayed = await store.replayLock.hold(async () => {
      const result = await settle(server, store, options);
      await this.#copy.complete(server);
      return result;
    });
    this.#away = undefined;
    return replayed;
  }

  /**
   * What waits is replayed, and all that the server has is copied: what this machine lacks then must stay on the server.
   *
   * @throws RefusedError ARCHIVE_UNDELIVERED; as replay
   */
  async assertCopied(to: number): Promise<void> {
    await this.replay({});
    await this.#copy.assertHas(to, this.#server);
  }

  /** Brings the copy up to date once more, if the server is there, and closes it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#timer.close();
    if (this.#away === undefined && this.#server !== undefined) await this.#refresh(this.#server);
    await this.#server?.close();
  }

  async #contact(): Promise<void> {
    try {
      const server = await this.#opened();
      await server.tail();
      this.#reachedBefore = true;
      this.#away = undefined;
      await this.#replayFirst(server);
    } catch (error) {
      if (!this.isAway(error)) throw error;
      this.gone(error);
    }
  }

  async #replayFirst(server: EventLog): Promise<void> {
    const { store, notify, replays = true } = this.#options;
    if (!replays || !(await store.isWaiting())) return;
    await this.#settled(server).catch((error) => notify(notReplayedNotice(error)));
  }

  /** One opening at a time: a timer and a caller may both want it. */
  async #opened(): Promise<EventLog> {
    if (this.#server !== undefined) return this.#server;
    this.#opening ??= this.#options.open();
    try {
      this.#server = await this.#opening;
      return this.#server;
    } finally {
      this.#opening = undefined;
    }
  }

  /** @returns undefined where the server went away, or another process is at it for longer than anybody should wait */
  async #settled(server: EventLog): Promise<Replayed | undefined> {
    const { store } = this.#options;
    let isHeld = false;
    try {
      const replayed = await store.replayLock.hold(() => {
        isHeld = true;
        return settle(server, store);
      });
      this.#tell(replayed);
      return replayed;
    } catch (error) {
      if (this.isAway(error)) this.gone(error);
      else if (isHeld || !(error instanceof UnavailableError)) throw error;
      return undefined;
    }
  }

  #tell(replayed: Replayed): void {
    const { notify, onChange } = this.#options;
    for (const notice of replayedNotices(replayed)) notify(notice);
    if (replayed.appended + replayed.repeated > 0) onChange();
  }

  /** What nobody waits for: asks a server that is away, or brings the copy up to date. */
  async #ask(): Promise<boolean> {
    if (this.#away === undefined && this.#server !== undefined) {
      await this.#refresh(this.#server);
    } else {
      // What the server answers is met again, and told, by the next call that asks it.
      await this.#contact().catch(() => undefined);
      if (this.#away === undefined) this.#options.onChange();
    }
    return this.#away === undefined;
  }

  /** A copy is a cache: what keeps it from being made hinders nobody. */
  async #refresh(server: EventLog): Promise<void> {
    try {
      await this.#copy.refresh(server, (replayed) => this.#tell(replayed));
    } catch (error) {
      if (this.isAway(error)) this.gone(error);
    }
  }
}
