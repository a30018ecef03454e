import { userInfo } from "node:os";
import { join } from "node:path";
import type { Env } from "../config/paths.js";
import { sha256Hex } from "../log/hash-chain.js";

/** What a database is found by; all other parameters say how it is spoken to. */
const IDENTIFYING = ["host", "port", "dbname", "schema"];

/** The outbox of one log: a folder of its own below `root`, the same for all its users and passwords. */
export function outboxFolder(root: string, url: string, env: Env = process.env): string {
  return join(root, outboxName(url, env));
}

/** Readable, and another one for another log: `db.example-5432-app-sessiondb-1a2b3c4d`. Holds no secret. */
export function outboxName(url: string, env: Env = process.env): string {
  const identity = identityOf(url, env);
  const readable = identity.join("-").replace(/[^a-z0-9.-]+/gi, "_");
  return `${readable.slice(0, 80)}-${sha256Hex(JSON.stringify(identity)).slice(0, 8)}`;
}

/** Host, port, database and schema. What the address leaves out is filled in as the driver would. */
function identityOf(url: string, env: Env): string[] {
  const [, user = "", place = "", path = "", query = ""] =
    /^[a-z+.-]+:\/\/(?:([^:@/?]*)[^?]*@)?([^/?@]*)\/?([^?]*)(?:\?(.*))?$/is.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  const [, host = "", port = ""] = /^(.*?)(?::(\d+))?$/.exec(place) ?? [];
  const said = Object.fromEntries(IDENTIFYING.map((name) => [name, parameters.get(name) ?? ""]));
  const name = path || said.dbname || env.PGDATABASE || decodeURIComponent(user) || env.PGUSER || userInfo().username;
  return [
    (said.host || host || env.PGHOST || "localhost").toLowerCase(),
    said.port || port || env.PGPORT || "5432",
    name,
    said.schema || "sessiondb",
  ];
}
