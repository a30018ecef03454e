import type { Sidecar } from "../log/sidecar.js";
import type { OutboxStore } from "./outbox-store.js";
import type { ServerLink } from "./server-link.js";

/** The server's documents, which are caches; while it is away, those beside the copy. */
export function eitherSidecar(link: ServerLink, store: OutboxStore, assertOpen: (operation: string) => void): Sidecar {
  const either = async <T>(operation: string, act: (sidecar: Sidecar) => Promise<T>): Promise<T> => {
    assertOpen(operation);
    try {
      if (link.away === undefined && link.server !== undefined) return await act(link.server.sidecar);
    } catch (error) {
      if (!link.isAway(error)) throw error;
      link.gone(error);
    }
    const { copy } = await store.state();
    return act((await store.log(copy.file)).sidecar);
  };
  return {
    read: (name) => either("sidecar.read", (sidecar) => sidecar.read(name)),
    write: (name, text) => either("sidecar.write", (sidecar) => sidecar.write(name, text)),
    remove: (name) => either("sidecar.remove", (sidecar) => sidecar.remove(name)),
    list: (prefix) => either("sidecar.list", (sidecar) => sidecar.list(prefix)),
  };
}
