import { onTestFinished } from "vitest";
import type { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import type { LogNotice } from "../../src/log/open-log-options.js";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { OutboxLog, type OutboxLogOptions } from "../../src/outbox/outbox-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { tempDir } from "../support/temp.js";

export const ACTOR = { actor: "user:test" };

/** A server that can be away: its log, reached through a network that can be cut, and the outboxes of one machine. */
export class OutboxWorld {
  readonly root = tempDir();
  readonly notices: LogNotice[] = [];
  /** Past the network that is cut. */
  readonly direct: EventLog;
  readonly #proxy: TcpProxy;
  readonly #opened: EventLog[] = [];

  private constructor(direct: EventLog, proxy: TcpProxy) {
    this.direct = direct;
    this.#proxy = proxy;
  }

  static async start(): Promise<OutboxWorld> {
    const url = await freshPostgresUrl();
    const world = new OutboxWorld(await openLog(url), await TcpProxy.start(url));
    onTestFinished(() => world.close());
    return world;
  }

  get url(): string {
    return this.#proxy.url;
  }

  get codes(): string[] {
    return this.notices.map(({ code }) => code);
  }

  cut(): void {
    this.#proxy.decide = () => "cut";
  }

  mend(): void {
    this.#proxy.decide = () => "pass";
  }

  /** Silence, also on connections that are open. */
  stall(): void {
    this.#proxy.decide = () => "stall";
  }

  /** Loses the connection behind the next piece that holds `text`, and every later one. */
  cutBehind(text: string): void {
    let isCut = false;
    this.#proxy.decide = (piece) => {
      isCut ||= piece.includes(text);
      return isCut ? "cut" : "pass";
    };
  }

  /** Closed with the world. Asks the server again only where told: at its opening, and by `replay`. */
  async open(options: Partial<OutboxLogOptions> = {}): Promise<OutboxLog> {
    const log = await OutboxLog.open(this.url, {
      outboxRoot: this.root,
      contactMs: 3_600_000,
      retryLimitMs: 20,
      onNotice: (notice) => this.notices.push(notice),
      ...options,
    });
    this.#opened.push(log);
    return log;
  }

  /** Before the end of the test, where one test makes many of them. */
  async close(): Promise<void> {
    for (const log of [...this.#opened.splice(0), this.direct]) await log.close();
    await this.#proxy.close();
  }
}

export async function allOf(log: EventLog): Promise<SealedEvent[]> {
  const events: SealedEvent[] = [];
  for await (const event of eventsOf(log.readAll())) events.push(event);
  return events;
}

/** The data of all events, in the order of the log. */
export async function dataOf(log: EventLog): Promise<unknown[]> {
  return (await allOf(log)).map(({ data }) => data);
}

export function counted(stream: string, data: unknown, expectedVersion: number | "any" | "exists" = "any") {
  return { stream, expectedVersion, events: [{ type: "test.counted", data }] };
}
