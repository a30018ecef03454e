import { UsageError } from "../../../../errors.js";
import { maskUrl } from "../../../mask-url.js";
import { type PostgresAddress, parsePostgresUrl } from "../postgres-url.js";
import { withHosts } from "./postgres-hosts.js";

/**
 * Where a log is read, if not at its own address: at `readUrl`, or at `?read_hosts=h2,h3:5433` of the address, which are the
 * same database, user and parameters on other servers. Without a `target_session_attrs` of its own, only at a standby.
 *
 * @throws UsageError STORE_URL_INVALID
 */
export function readAddressOf(url: string, readUrl: string | undefined): PostgresAddress | undefined {
  const { schema, readHosts } = parsePostgresUrl(url);
  if (readUrl === undefined) return readHosts === undefined ? undefined : atHosts(url, readHosts);
  const address = parsePostgresUrl(readUrl, "standby");
  if (address.namesSchema && address.schema !== schema) {
    const message = `${maskUrl(readUrl)} names the schema ${address.schema}, and the log is in ${schema}`;
    throw new UsageError("STORE_URL_INVALID", message, { hint: "leave ?schema= out of readUrl" });
  }
  return { ...address, schema };
}

function atHosts(url: string, hosts: string): PostgresAddress {
  const mark = url.indexOf("?"); // `read_hosts` stands behind it
  const parameters = new URLSearchParams(url.slice(mark + 1));
  for (const name of ["read_hosts", "target_session_attrs"]) parameters.delete(name);
  return parsePostgresUrl(`${withHosts(url.slice(0, mark), hosts)}?${parameters}`, "standby");
}
