import { hostname } from "node:os";
import { type CopyCursor, sayCursor, undelivered } from "../log/copy-cursors.js";
import type { EventLog } from "../log/event-log.js";
import { copyServer } from "./copy-server.js";
import type { OutboxState } from "./outbox-state.js";
import type { OutboxStore } from "./outbox-store.js";
import type { Replayed } from "./replay-queue.js";
import { settle } from "./settle.js";

type Copy = OutboxState["copy"];

/** Of an ISO 8601 time, the day. */
const DAY_CHARS = 10;
const SAME_COPY_MS = 15_000;

/** The copy of a server's log that an outbox keeps, and what the server is told of it. */
export class KeptCopy {
  readonly #store: OutboxStore;
  /** How long a copy may take that nobody waits for. */
  readonly #limitMs: number;

  constructor(store: OutboxStore, limitMs = 2_000) {
    this.#store = store;
    this.#limitMs = limitMs;
  }

  /** Has all that the server has when this resolves, and the server knows. The caller holds `replayLock`. */
  async complete(server: EventLog): Promise<void> {
    const { copy } = await this.#store.state();
    await this.#publish(server, await copyServer(server, this.#store, copy), null);
  }

  /**
   * Brings it up to date within the limit, for nobody who waits; what waits in the outbox is replayed before. Not where
   * another process is at it.
   */
  async refresh(server: EventLog, onReplayed: (replayed: Replayed) => void): Promise<void> {
    const store = this.#store;
    await store.replayLock.holdIfFree(async () => {
      const { state, queue } = await store.pending();
      if (queue.length > 0) onReplayed(await settle(server, store));
      const before = queue.length > 0 ? (await store.state()).copy : state.copy;
      const after = await copyServer(server, store, before, AbortSignal.timeout(this.#limitMs));
      if (isNews(before, after)) await this.#publish(server, after, state.contactAt);
    });
  }

  /** @throws RefusedError ARCHIVE_UNDELIVERED where it lacks events up to `to` that the server has */
  async assertHas(to: number, server: EventLog | undefined): Promise<void> {
    const { copy } = await this.#store.state();
    const end = (await server?.tail())?.offset ?? 0;
    if (copy.offset < Math.min(to, end)) throw undelivered(this.#store.url, to, this.#cursor(copy));
  }

  /** The server is told once a day how far this machine has copied, so that nothing is archived that it lacks. */
  async #publish(server: EventLog, copy: Copy, contactAt: string | null): Promise<void> {
    await this.#store.publishCopy(copy);
    if (contactAt?.slice(0, DAY_CHARS) === this.#store.now().toISOString().slice(0, DAY_CHARS)) return;
    // Where that fails, by its rights for example, the archive's file has what this machine may lack; the next call meets
    // a server that is away.
    await sayCursor(server.sidecar, this.#cursor(copy)).catch(() => undefined);
  }

  /** For people who look for it. */
  #cursor({ offset }: Copy): CopyCursor {
    return { keeper: `${hostname()} ${this.#store.folder}`, offset, at: this.#store.now().toISOString() };
  }
}

/** A copy that is still whole is written down now and then only: it is rather said to be older than it is. */
function isNews(before: Copy, after: Copy): boolean {
  if (before.hash !== after.hash || before.file !== after.file || before.completeAt === null) return true;
  return Date.parse(after.completeAt ?? "") - Date.parse(before.completeAt) > SAME_COPY_MS;
}
