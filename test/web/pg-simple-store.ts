// @ts-expect-error: it comes without types
import connect from "connect-pg-simple";
import session, { type Store } from "express-session";

const PgStore = connect(session) as new (options: object) => Store;

/** The store that others use with Postgres; it makes its table, and sweeps nothing by itself. */
export function pgSimpleStore(options: object): Store {
  return new PgStore({ createTableIfMissing: true, pruneSessionInterval: false, ...options });
}
