import { clientConfig } from "../connection/connections.js";
import type { PostgresLimits, PostgresLogOptions } from "../postgres-options.js";
import { parsePostgresUrl } from "../postgres-url.js";
import type { LogServers } from "../servers/log-servers.js";
import type { ServerPlace } from "../servers/postgres-hosts.js";
import { NotifyListener } from "./notify-listener.js";
import { PostgresDoorbell } from "./postgres-doorbell.js";

const POLL_MS = 1_000;

/**
 * The doorbell of a log, at the server that takes writes. Where a standby is read, that server is asked for its tail before
 * anybody is told to read: else he might read before the standby has what was rung for, and wait for the next ring.
 */
export function postgresDoorbell(
  servers: LogServers,
  channel: string | undefined,
  limits: PostgresLimits,
  options: PostgresLogOptions,
): PostgresDoorbell {
  const place = placesToListen(options, () => servers.connections.place);
  const told = (ring: () => void) => {
    if (!servers.hasStandby) return ring;
    // Where it cannot be asked, whoever reads meets that error.
    return () => void servers.primaryTail().then(ring, ring);
  };
  return new PostgresDoorbell({
    tailHash: async () => (await servers.primaryTail()).hash,
    pollMs: options.pollMs ?? POLL_MS,
    early:
      channel === undefined
        ? undefined
        : (ring) => new NotifyListener(() => clientConfig(place(), limits), channel, told(ring)),
  });
}

/** Where to listen next: at the log's own server, wherever that is by then, or at those of `listenUrl` in turn. */
function placesToListen({ listenUrl }: PostgresLogOptions, own: () => ServerPlace): () => ServerPlace {
  if (listenUrl === undefined) return own;
  const { servers } = parsePostgresUrl(listenUrl);
  let turn = 0;
  return () => servers[turn++ % servers.length] as ServerPlace;
}
