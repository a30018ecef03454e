import { connect, createServer, type Server, type Socket } from "node:net";
import { cleanUp } from "./clean-up.js";

const NOTIFICATION = "A".charCodeAt(0);

/** A network that carries everything of a Postgres server but notifications, as a pooler in transaction mode does. */
export async function deafProxy(target: string): Promise<string> {
  const url = new URL(target);
  const { hostname, port } = url;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const deaf = new Deaf();
    for (const socket of [client, upstream]) sockets.add(socket.on("error", () => undefined));
    upstream.on("data", (piece) => client.write(deaf.heard(piece)));
    client.on("data", (piece) => upstream.write(piece));
    upstream.on("close", () => client.end());
    client.on("close", () => upstream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return url.href;
}

/** Cuts the server's bytes into messages: a letter, four bytes of length that count themselves, a body. */
class Deaf {
  #waiting = Buffer.alloc(0);

  heard(piece: Buffer): Buffer {
    this.#waiting = Buffer.concat([this.#waiting, piece]);
    const kept: Buffer[] = [];
    for (;;) {
      const length = this.#waiting.length < 5 ? undefined : 1 + this.#waiting.readUInt32BE(1);
      if (length === undefined || this.#waiting.length < length) return Buffer.concat(kept);
      if (this.#waiting[0] !== NOTIFICATION) kept.push(this.#waiting.subarray(0, length));
      this.#waiting = this.#waiting.subarray(length);
    }
  }
}
