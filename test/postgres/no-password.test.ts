import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";

/** A message of the protocol that asks for authentication. */
function authentication(kind: number, text: string): Buffer {
  const bytes = Buffer.alloc(9 + Buffer.byteLength(text));
  bytes.write("R");
  bytes.writeInt32BE(bytes.length - 1, 1);
  bytes.writeInt32BE(kind, 5);
  bytes.write(text, 9);
  return bytes;
}

/** Asks for a password as a Postgres does, and waits for ever. */
const sockets: Socket[] = [];
const server = createServer((socket) => {
  sockets.push(socket);
  socket.on("error", () => undefined);
  socket.once("data", () => {
    socket.write(authentication(10, "SCRAM-SHA-256\0\0"));
    socket.once("data", () => socket.write(authentication(11, "r=nonce,s=c2FsdA==,i=4096")));
  });
});
afterAll(() => server.close());

test("a server that wants a password where there is none: an error, and no connection stays open", async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `postgres://ada@127.0.0.1:${port}/app`;
  await expect(openLog(url, { retryLimitMs: 0 })).rejects.toMatchObject({ code: "AUTH_FAILED" });
  expect(sockets.length).toBeGreaterThan(0);
  for (const socket of sockets) if (!socket.closed) await once(socket, "close");
}, 10_000);
