import type pg from "pg";
import type { PostgresLimits } from "../postgres-options.js";
import type { PostgresAddress } from "../postgres-url.js";
import { ServerChoice } from "../servers/server-choice.js";
import { assertRole } from "../servers/server-role.js";
import { clientConfig } from "./connections.js";
import { PgSession } from "./pg-session.js";
import { QuittingClient } from "./quitting-client.js";
import { StatementClock } from "./statement-clock.js";

/**
 * One connection that belongs to no log: to the first server of the address that is there and fits. The caller ends it.
 *
 * @throws the driver's errors, NoServer
 */
export function connectClient(
  address: Pick<PostgresAddress, "servers" | "role">,
  limits: PostgresLimits,
  config: pg.ClientConfig = {},
): Promise<pg.Client> {
  return new ServerChoice(address).connect(async (place, role) => {
    const client = new QuittingClient({ ...clientConfig(place, limits), ...config });
    // What breaks the connection also fails the statement under way; without a listener it would end the process.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await assertRole(new PgSession(client, false, new StatementClock(client, limits.statementTimeoutMs)), role);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  });
}
