import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { UnavailableError, UsageError } from "../errors.js";
import type { StoreSizes } from "../inspect/store-sizes.js";
import type { EventLog } from "../log/event-log.js";
import type { SessionStore } from "../session/session-store.js";
import type { SignedFile } from "./integrity-routes.js";
import { LookedAtStore } from "./looked-at-store.js";
import { readPageFiles } from "./page-files.js";
import { Ticket } from "./ticket.js";
import { uiApp } from "./ui-app.js";

export interface UiServerOptions {
  /** Stays its owner's: close this server first. */
  readonly log: EventLog;
  /** Over the same log: with it the page may revert. */
  readonly writer?: SessionStore;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** The folder of the built page. */
  readonly pageFolder: string;
  readonly version: string;
  /** Signatures of the log's tails, which the page shows and compares with the log. */
  readonly signed?: SignedFile;
  /** What the store takes on disk. Default: nobody knows. */
  readonly sizes?: () => Promise<StoreSizes | null>;
  /** The offset at which the page begins; default the end. */
  readonly at?: number;
}

/** Answers only this machine, and there only the browser that opened the link first. */
const HOSTNAME = "127.0.0.1";

/** The page of one store, on a port of this machine. */
export class UiServer {
  /** With the token, which works once. */
  readonly link: string;
  readonly port: number;
  readonly #server: Server;
  readonly #store: LookedAtStore;
  readonly #stop: AbortController;
  #feeds = 0;
  #usedAt = performance.now();

  private constructor(server: Server, store: LookedAtStore, stop: AbortController, port: number, ticket: Ticket) {
    [this.#server, this.#store, this.#stop, this.port] = [server, store, stop, port];
    this.link = `http://${HOSTNAME}:${port}/?token=${ticket.token}`;
  }

  /** @throws UsageError UI_NOT_BUILT, PORT_INVALID; UnavailableError PORT_IN_USE */
  static async start(options: UiServerOptions): Promise<UiServer> {
    const { log, writer, port: wanted = 0, pageFolder, version, at, signed, sizes } = options;
    const files = readPageFiles(pageFolder);
    const stop = new AbortController();
    let fetch: ((request: Request) => Response | Promise<Response>) | undefined;
    const server = await listening(wanted, (request) => fetch?.(request) ?? new Response(null, { status: 503 }));
    const { port } = server.address() as { port: number }; // it listens
    const ticket = new Ticket(port);
    const store = new LookedAtStore(log, writer);
    const ui = new UiServer(server, store, stop, port, ticket);
    const onUse = (feeds: number) => ui.#used(feeds);
    const integrity = { signed, sizes };
    const app = uiApp({ port, ticket, store, files, version, at, integrity, signal: stop.signal, onUse });
    fetch = (request) => {
      ui.#used(ui.#feeds);
      return app.fetch(request);
    };
    return ui;
  }

  /** How long nobody has asked anything; 0 while a page is open. */
  get idleMs(): number {
    return this.#feeds > 0 ? 0 : performance.now() - this.#usedAt;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    await this.#store.close();
  }

  #used(feeds: number): void {
    [this.#feeds, this.#usedAt] = [feeds, performance.now()];
  }
}

function listening(port: number, fetch: (request: Request) => Response | Promise<Response>): Promise<Server> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError("PORT_INVALID", `${port} is no port`, { hint: "take 0 (any free one) to 65535" });
  }
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: HOSTNAME, overrideGlobalObjects: false }) as Server;
    server.once("listening", () => resolve(server));
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const message = cause.code === "EADDRINUSE" ? `port ${port} is in use` : `port ${port}: ${cause.message}`;
      reject(new UnavailableError("PORT_IN_USE", message, { hint: "name another --port, or none", cause }));
    });
  });
}
