import { hostname } from "node:os";
import { SessionDbError, UnavailableError } from "../errors.js";
import { type CopyCursor, sayCursor, undelivered } from "../log/copy-cursors.js";
import type { EventLog } from "../log/event-log.js";
import { codeOfAway, isAway } from "./away.js";
import { copyServer } from "./copy-server.js";
import type { OutboxState } from "./outbox-state.js";
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
  readonly notify: (code: string, message: string) => void;
  /** Called when the server is back, and when others may have appended. */
  readonly onChange: () => void;
  /** The first pause before the server is asked again; pauses double up to 32 times that. Default 1,000. */
  readonly contactMs?: number | undefined;
  /** How long a copy may take that nobody waits for. Default 2,000. */
  readonly copyMs?: number | undefined;
  /** Whether a contact replays what waits. Default true. */
  readonly replays?: boolean | undefined;
}

type Copy = OutboxState["copy"];

/** Of an ISO 8601 time, the day. */
const DAY_CHARS = 10;
const SAME_COPY_MS = 15_000;
/** Pauses between two contacts grow by this factor at most. */
const MAX_PAUSE_FACTOR = 32;

/**
 * Whether the server is there, and what is done when it comes back. While it is away nobody waits for it: a timer of its
 * own, which keeps no process alive, asks again. Before anything is written to a server that is there, what waits for it is
 * replayed.
 */
export class ServerLink {
  readonly #options: ServerLinkOptions;
  readonly #contactMs: number;
  #server: EventLog | undefined;
  #opening: Promise<EventLog> | undefined;
  #away: Away | undefined;
  #reachedBefore = false;
  #pauseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#contactMs = options.contactMs ?? 1_000;
    this.#pauseMs = this.#contactMs;
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
    this.#schedule();
  }

  isAway(error: unknown): boolean {
    return isAway(error, this.#reachedBefore);
  }

  /** From now on nobody asks the server but the timer. */
  gone(error: unknown): Away {
    const away = { since: this.#options.store.now().toISOString(), code: codeOfAway(error), error };
    if (this.#away === undefined) this.#schedule();
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
      this.#cannotReplay(error);
      return this.#server;
    }
  }

  /** Replays and copies all, now. @throws where the server is away, and whatever it answers */
  async replay(options: SettleOptions): Promise<Replayed> {
    const { store } = this.#options;
    const server = this.#server ?? (await this.#opened());
    const replayed = await store.replayLock.hold(async () => {
      const result = await settle(server, store, options);
      await this.#publish(server, await copyServer(server, store, (await store.state()).copy), null);
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
    const { store } = this.#options;
    await this.replay({});
    const { copy } = await store.state();
    const end = (await this.#server?.tail())?.offset ?? 0;
    if (copy.offset < Math.min(to, end)) throw undelivered(store.url, to, cursorOf(store, copy));
  }

  /** Brings the copy up to date once more, if the server is there, and closes it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#ticking;
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
    const { store, replays = true } = this.#options;
    if (!replays || !(await store.isWaiting())) return;
    await this.#settled(server).catch((error) => this.#cannotReplay(error));
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

  #tell({ appended, repeated, conflicts }: Replayed): void {
    const { notify, onChange } = this.#options;
    const done = appended + repeated;
    if (done > 0) notify("OUTBOX_REPLAYED", `the server is back: ${done} queued appends are in its log now`);
    if (conflicts > 0) {
      const message = `${conflicts} queued appends conflict with what others wrote, and were NOT written; they are kept: sessiondb outbox list`;
      notify("OUTBOX_CONFLICTS", message);
    }
    if (done > 0) onChange();
  }

  #cannotReplay(error: unknown): void {
    const told = error instanceof SessionDbError ? `${error.code}: ${error.message}` : String(error);
    this.#options.notify("OUTBOX_NOT_REPLAYED", `queued appends wait on, because they cannot be replayed: ${told}`);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#ticking = this.#tick().finally(() => this.#schedule());
    }, this.#pauseMs);
    this.#timer.unref();
  }

  /** What nobody waits for: asks a server that is away, or brings the copy up to date. */
  async #tick(): Promise<void> {
    if (this.#away === undefined && this.#server !== undefined) {
      await this.#refresh(this.#server);
    } else {
      // What the server answers is met again, and told, by the next call that asks it.
      await this.#contact().catch(() => undefined);
      if (this.#away === undefined) this.#options.onChange();
    }
    const isAwayStill = this.#away !== undefined;
    this.#pauseMs = isAwayStill ? Math.min(this.#pauseMs * 2, this.#contactMs * MAX_PAUSE_FACTOR) : this.#contactMs;
  }

  /** The server is told once a day how far this machine has copied, so that nothing is archived that it lacks. */
  async #publish(server: EventLog, copy: Copy, contactAt: string | null): Promise<void> {
    const { store } = this.#options;
    await store.publishCopy(copy);
    if (contactAt?.slice(0, DAY_CHARS) === store.now().toISOString().slice(0, DAY_CHARS)) return;
    // Where that fails, by its rights for example, the archive's file has what this machine may lack; the next call meets
    // a server that is away.
    await sayCursor(server.sidecar, cursorOf(store, copy)).catch(() => undefined);
  }

  /** Not where another process is at it. A copy is a cache: what keeps it from being made hinders nobody. */
  async #refresh(server: EventLog): Promise<void> {
    const { store, copyMs = 2_000 } = this.#options;
    try {
      await store.replayLock.holdIfFree(async () => {
        const { state, queue } = await store.pending();
        if (queue.length > 0) this.#tell(await settle(server, store));
        const before = queue.length > 0 ? (await store.state()).copy : state.copy;
        const after = await copyServer(server, store, before, AbortSignal.timeout(copyMs));
        if (isNews(before, after)) await this.#publish(server, after, state.contactAt);
      });
    } catch (error) {
      if (this.isAway(error)) this.gone(error);
    }
  }
}

/** For people who look for it. */
function cursorOf(store: OutboxStore, { offset }: Copy): CopyCursor {
  return { keeper: `${hostname()} ${store.folder}`, offset, at: store.now().toISOString() };
}

/** A copy that is still whole is written down now and then only: it is rather said to be older than it is. */
function isNews(before: Copy, after: Copy): boolean {
  if (before.hash !== after.hash || before.file !== after.file || before.completeAt === null) return true;
  return Date.parse(after.completeAt ?? "") - Date.parse(before.completeAt) > SAME_COPY_MS;
}
