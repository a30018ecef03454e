import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * What becomes of one piece that a client sends: forwarded; forwarded and the connection lost before any answer; half of
 * it forwarded and the connection lost; forwarded, and silence from then on.
 */
export type ProxyAction = "pass" | "cut" | "half" | "stall";

/** A network between a client and a server that fails when it is told to. */
export class TcpProxy {
  /** Asked for each piece that a client sends. */
  decide: (piece: Buffer) => ProxyAction = () => "pass";
  /** Connections lost so far. */
  cuts = 0;
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#serve(client));
  }

  /** `target` is any URL with host and port. */
  static async start(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(target));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** The address of the target, through the proxy. */
  get url(): string {
    const url = new URL(this.#target);
    const { port } = this.#server.address() as { port: number }; // an IP socket always has a port
    url.host = `127.0.0.1:${port}`;
    return url.href;
  }

  /** Ends all connections; new ones are refused. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    let silent = false;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket.setNoDelay());
      socket.on("error", () => undefined); // the other side learns of it by "close"
      socket.on("close", () => {
        this.#sockets.delete(socket);
        if (!silent) other.end();
      });
    }
    server.on("data", (piece) => {
      if (!silent && !client.destroyed) client.write(piece);
    });
    client.on("data", (piece) => {
      const action = this.decide(piece);
      silent ||= action !== "pass";
      server.write(action === "half" ? piece.subarray(0, piece.length >> 1) : piece);
      if (action === "cut" || action === "half") this.#cut(client, server);
    });
  }

  /** The server gets everything and then the end of the stream: it finishes what it was asked to do. */
  #cut(client: Socket, server: Socket): void {
    this.cuts++;
    client.destroy();
    server.end();
  }
}
