import { nearest } from "../../../config/nearest.js";
import { UsageError } from "../../../errors.js";
import { sha256Hex } from "../../hash-chain.js";
import { maskUrl } from "../../mask-url.js";
import { isSchemaName, SCHEMA_NAME_FORM } from "../../schema-name.js";
import { MAX_HOSTS, SERVER_ROLES, type ServerPlace, type ServerRole, serversOf } from "./servers/postgres-hosts.js";

const DEFAULT_SCHEMA = "sessiondb";
/** All others are for pg. */
const OUR_PARAMETERS = ["schema", "target_session_attrs", "read_hosts", "partition_events"];

const AS_VERIFY_FULL = ["prefer", "require", "verify-ca"];

/** What one address says. */
export interface PostgresAddress {
  /** For messages: without the password. */
  readonly url: string;
  /** At least one; tried in this order. */
  readonly servers: readonly ServerPlace[];
  /** `?target_session_attrs=`. Default: `read-write` where there are several servers, else `any`. */
  readonly role: ServerRole;
  /** `?read_hosts=`: where reads go, with commas between. */
  readonly readHosts?: string;
  readonly schema: string;
  /** False where `schema` is the default. */
  readonly namesSchema: boolean;
  /** `?partition_events=`: a new log is made of partitions of so many events. */
  readonly partitionEvents?: number;
  /** Where appends are announced. Lower case and short: LISTEN folds and cuts names, pg_notify does not. */
  readonly channel: string;
}

/** @param defaultRole of an address that names none. @throws UsageError STORE_URL_INVALID */
export function parsePostgresUrl(url: string, defaultRole?: ServerRole): PostgresAddress {
  const address = parseAddress(url, defaultRole);
  if (isSchemaName(address.schema)) return address;
  const hint = `take ${SCHEMA_NAME_FORM}: ?schema=sessiondb`;
  throw invalid(`not a name for a schema: ${JSON.stringify(address.schema)}`, hint);
}

/** As {@link parsePostgresUrl}, of another program's database, whose schema may have any name: `?schema=My%20App`. */
export function parseForeignUrl(url: string): PostgresAddress {
  return parseAddress(url, undefined);
}

function parseAddress(url: string, defaultRole: ServerRole | undefined): PostgresAddress {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw invalid(`not the address of a Postgres log: ${maskUrl(url)}`, "write postgres://user@host:5432/database");
  }
  const { base, parameters } = splitQuery(url);
  const schema = parameters.get("schema") ?? DEFAULT_SCHEMA;
  const namesSchema = parameters.has("schema");
  const asked = parameters.get("target_session_attrs");
  const readHosts = parameters.get("read_hosts");
  const partitioning = partitioningIn(parameters.get("partition_events"));
  for (const ours of OUR_PARAMETERS) parameters.delete(ours);
  for (const name of parameters.keys()) assertNoMisspelling(name);
  sayWholeTlsMode(parameters);
  const servers = serversIn(base, parameters.toString());
  const role = roleIn(asked) ?? defaultRole ?? (servers.length > 1 ? "read-write" : "any");
  const channel = `sessiondb_${sha256Hex(schema).slice(0, 8)}`;
  const reading = readHosts === null ? {} : { readHosts };
  return { url: maskUrl(url), servers, role, schema, namesSchema, channel, ...reading, ...partitioning };
}

/** pg passes over a parameter that it does not know, and the log would be opened in another schema than was meant. */
function assertNoMisspelling(name: string): void {
  const meant = nearest(name, OUR_PARAMETERS);
  if (meant !== undefined) throw invalid(`not a parameter of an address: ${JSON.stringify(name)}`, `write ?${meant}=`);
}

/**
 * pg takes these for verify-full, prints on stderr that a later version will not, and may then be content with less. An
 * address that was checked so goes on to be checked so, whatever pg does.
 */
function sayWholeTlsMode(parameters: URLSearchParams): void {
  const asLibpq = parameters.get("uselibpqcompat") === "true";
  if (!asLibpq && AS_VERIFY_FULL.includes(parameters.get("sslmode") ?? "")) parameters.set("sslmode", "verify-full");
}

function serversIn(base: string, query: string): readonly ServerPlace[] {
  const servers = serversOf(base, query);
  // pg would take all of it for the name of one host.
  const listed = new URLSearchParams(query).get("host")?.includes(",") === true;
  if (servers === undefined || listed) {
    const hint = `write 1 to ${MAX_HOSTS} hosts before the path, postgres://user@host1:5432,host2:5432/database, and escape special characters of the password: , as %2C, / as %2F, @ as %40`;
    throw invalid(`its hosts cannot be read: ${maskUrl(base)}`, hint);
  }
  for (const { connectionString } of servers) assertParses(connectionString);
  return servers;
}

function roleIn(asked: string | null): ServerRole | undefined {
  if (asked === null) return undefined;
  const role = SERVER_ROLES.find((known) => known === asked);
  if (role !== undefined) return role;
  throw invalid(`not a target_session_attrs: ${JSON.stringify(asked)}`, `take one of ${SERVER_ROLES.join(", ")}`);
}

function partitioningIn(asked: string | null): { partitionEvents?: number } {
  if (asked === null) return {};
  const partitionEvents = /^\d+$/.test(asked) ? Number(asked) : 0;
  if (Number.isSafeInteger(partitionEvents) && partitionEvents > 0) return { partitionEvents };
  throw invalid(
    `not a partition_events: ${JSON.stringify(asked)}`,
    "write how many events a partition takes: 10000000",
  );
}

/** Not through URL: pg reads addresses that URL refuses, such as those without a host. */
function splitQuery(url: string): { base: string; parameters: URLSearchParams } {
  const mark = url.indexOf("?");
  if (mark < 0) return { base: url, parameters: new URLSearchParams() };
  return { base: url.slice(0, mark), parameters: new URLSearchParams(url.slice(mark + 1)) };
}

/** A password with an unescaped `/`, `?` or `#` ends the host too early; pg would look for a host of half its name. */
function assertParses(connectionString: string): void {
  try {
    const port = new URL(connectionString.replace(/@\//, "@localhost/").replace(/:\/\/\//, "://localhost/")).port;
    if (port !== "0") return;
  } catch {
    // What URL says quotes the address, and with it the password: only the fact is of use.
  }
  const hint =
    "a port is a number up to 65535; escape special characters of the password: @ as %40, / as %2F, ? as %3F, # as %23, : as %3A";
  throw invalid(`cannot be read as an address: ${maskUrl(connectionString)}`, hint);
}

function invalid(message: string, hint: string): UsageError {
  return new UsageError("STORE_URL_INVALID", message, { hint });
}
