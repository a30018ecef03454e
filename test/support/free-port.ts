import { createServer } from "node:net";

/** One that nobody listens at now; another process may take it before the caller does. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number }; // an IP socket always has a port
      probe.close(() => resolve(port));
    });
  });
}
