import { Socket } from "node:net";
import type pg from "pg";
import type { Subscriber } from "pg-listen";
import type { EarlyBell } from "./postgres-doorbell.js";

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;

/**
 * LISTEN on a direct connection of its own, which never opens a transaction (that would hold up the server's queue).
 * pg-listen is loaded when somebody first listens. Its own reconnecting is switched off: by default it gives up after
 * 3 s, and where LISTEN itself fails it tries again without any wait. Instead, each failure ends this subscriber, and
 * another one is made after a growing wait.
 */
export class NotifyListener implements EarlyBell {
  readonly #config: () => pg.ClientConfig;
  readonly #channel: string;
  readonly #ring: () => void;
  #sockets: Socket[] = [];
  #subscriber: Subscriber | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Raised by every start and stop: what was begun before is then no longer wanted. */
  #generation = 0;

  /** `config` is asked before each connection: the server may be another one by then. */
  constructor(config: () => pg.ClientConfig, channel: string, ring: () => void) {
    this.#config = config;
    this.#channel = channel;
    this.#ring = ring;
  }

  start(): void {
    const generation = ++this.#generation;
    this.#listen(generation).catch(() => this.#retryLater(generation));
  }

  stop(): void {
    this.#generation++;
    clearTimeout(this.#timer);
    this.#disconnect();
  }

  async #listen(generation: number): Promise<void> {
    const { default: pgListen } = await import("pg-listen");
    if (generation !== this.#generation) return;
    const config = { ...this.#config(), stream: () => this.#newSocket() };
    // CommonJS: under ESM the function is the default of the default. The payload is ours and of no use.
    const options = { retryLimit: 1, paranoidChecking: false as const, parse: () => undefined };
    const subscriber = pgListen.default(config, options);
    this.#subscriber = subscriber;
    subscriber.events.on("error", () => this.#retryLater(generation));
    subscriber.notifications.on(this.#channel, () => this.#ring());
    await subscriber.connect();
    await subscriber.listenTo(this.#channel);
    if (generation !== this.#generation) return;
    this.#failures = 0;
    // Whatever was appended between the last look and LISTEN was announced to nobody.
    this.#ring();
  }

  #retryLater(generation: number): void {
    if (generation !== this.#generation) return;
    this.#generation++;
    this.#disconnect();
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.#failures++, MAX_WAIT_MS);
    this.#timer = setTimeout(() => this.start(), waitMs).unref();
  }

  /** Not with a farewell: that would wait for ever on a connection that no longer answers. */
  #disconnect(): void {
    // Before the sockets go, so that it does not take that for a failure. Its promise waits for the server; we do not.
    this.#subscriber?.close().catch(() => undefined);
    this.#subscriber = undefined;
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }

  /** Listening keeps no process alive. */
  #newSocket(): Socket {
    const socket = new Socket().unref();
    this.#sockets.push(socket);
    return socket;
  }
}
