import type { PgSession } from "../connection/pg-session.js";
import { statement } from "../connection/statement.js";
import type { ServerPlace, ServerRole } from "./postgres-hosts.js";

/** What keeps a server that answers from being the one that is asked for; another one, or the same later, may be. */
export class WrongServer extends Error {}

/** No server of the address could be used; `message` says of each why. */
export class NoServer extends Error {
  constructor(failures: readonly { readonly place: ServerPlace; readonly error: unknown }[]) {
    const said = failures.map(({ place, error }) => {
      const why = error instanceof Error ? error.message : String(error);
      return place.name === "" ? why : `${place.name}: ${why}`;
    });
    super(said.join("; "), { cause: failures.at(-1)?.error });
  }
}

const ROLE = statement(`SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'`);

/** `any` and `prefer-standby` take what there is. @throws WrongServer */
export async function assertRole(session: PgSession, role: ServerRole): Promise<void> {
  if (role === "any") return;
  const [row] = await session.rows(ROLE);
  const [inRecovery, readOnly] = row as [boolean, boolean];
  const fault = faultOf(role, inRecovery, readOnly);
  if (fault !== undefined) throw new WrongServer(fault);
}

function faultOf(role: ServerRole, inRecovery: boolean, readOnly: boolean): string | undefined {
  switch (role) {
    case "any":
      return undefined;
    case "primary":
      return inRecovery ? "it is a standby" : undefined;
    case "read-write":
      if (inRecovery) return "it is a standby";
      return readOnly ? "it only reads (default_transaction_read_only)" : undefined;
    case "standby":
    case "prefer-standby":
      return inRecovery ? undefined : "it is no standby";
    case "read-only":
      return inRecovery || readOnly ? undefined : "it takes writes";
    default:
      return role satisfies never;
  }
}
