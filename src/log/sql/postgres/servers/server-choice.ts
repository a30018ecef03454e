import { isConnectionLost, sqlState } from "../postgres-failures.js";
import type { PostgresAddress } from "../postgres-url.js";
import type { ServerPlace, ServerRole } from "./postgres-hosts.js";
import { NoServer, WrongServer } from "./server-role.js";

/**
 * Which server of an address is talked to. Each connection tries the one that served last, then the others in the order of
 * the address, and takes the first that is there and has the role that is asked for: nobody is told of a fail-over, it is
 * found.
 */
export class ServerChoice {
  readonly #places: readonly ServerPlace[];
  readonly #role: ServerRole;
  #last: ServerPlace;

  constructor({ servers, role }: Pick<PostgresAddress, "servers" | "role">) {
    this.#places = servers;
    this.#role = role;
    this.#last = servers[0] as ServerPlace;
  }

  /** The server of the last connection; the first one where there was none. */
  get last(): ServerPlace {
    return this.#last;
  }

  get hasSeveral(): boolean {
    return this.#places.length > 1;
  }

  /**
   * `attempt` connects, and throws WrongServer where the server has not the role that it is told.
   *
   * @throws the failure, where there is one server; NoServer where there are several; at once whatever says that a server
   *   is there and refuses
   */
  async connect<T>(attempt: (place: ServerPlace, role: ServerRole) => Promise<T>): Promise<T> {
    const failures: { place: ServerPlace; error: unknown }[] = [];
    for (const role of this.#role === "prefer-standby" ? (["standby", "any"] as const) : [this.#role]) {
      for (const place of this.#inOrder()) {
        try {
          const connected = await attempt(place, role);
          this.#last = place;
          return connected;
        } catch (error) {
          if (!mayBeElsewhere(error)) throw error;
          failures.push({ place, error });
        }
      }
    }
    const alone = this.hasSeveral ? undefined : failures.find(({ error }) => !(error instanceof WrongServer));
    throw alone === undefined ? new NoServer(failures) : alone.error;
  }

  #inOrder(): readonly ServerPlace[] {
    return [this.#last, ...this.#places.filter((place) => place !== this.#last)];
  }
}

/** As libpq: a server that is not there, is full or has another role. One that refuses user or database ends the search. */
function mayBeElsewhere(error: unknown): boolean {
  if (error instanceof WrongServer || isConnectionLost(error) || sqlState(error) === "53300") return true;
  return (error as { code?: unknown } | null)?.code === "ENOTFOUND";
}
