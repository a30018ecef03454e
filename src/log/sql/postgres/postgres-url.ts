import { UsageError } from "../../../errors.js";
import { sha256Hex } from "../../hash-chain.js";
import { maskUrl } from "../../mask-url.js";
import { isSchemaName, SCHEMA_NAME_FORM } from "../../schema-name.js";

const DEFAULT_SCHEMA = "sessiondb";

/** What one address says. */
export interface PostgresAddress {
  /** For messages: without the password. */
  readonly url: string;
  /** For pg: without the parameters that are ours. */
  readonly connectionString: string;
  readonly schema: string;
  /** False where `schema` is the default. */
  readonly namesSchema: boolean;
  /** Where appends are announced. Lower case and short: LISTEN folds and cuts names, pg_notify does not. */
  readonly channel: string;
}

/** @throws UsageError STORE_URL_INVALID */
export function parsePostgresUrl(url: string): PostgresAddress {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw invalid(`not the address of a Postgres log: ${maskUrl(url)}`, "write postgres://user@host:5432/database");
  }
  const { base, parameters } = splitQuery(url);
  const schema = parameters.get("schema") ?? DEFAULT_SCHEMA;
  if (!isSchemaName(schema)) {
    const hint = `take ${SCHEMA_NAME_FORM}: ?schema=sessiondb`;
    throw invalid(`not a name for a schema: ${JSON.stringify(schema)}`, hint);
  }
  const namesSchema = parameters.has("schema");
  parameters.delete("schema");
  const query = parameters.toString();
  const connectionString = query === "" ? base : `${base}?${query}`;
  assertParses(connectionString);
  const channel = `sessiondb_${sha256Hex(schema).slice(0, 8)}`;
  return { url: maskUrl(url), connectionString, schema, namesSchema, channel };
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
  const hint = "escape special characters of the password: @ as %40, / as %2F, ? as %3F, # as %23, : as %3A";
  throw invalid(`cannot be read as an address: ${maskUrl(connectionString)}`, hint);
}

function invalid(message: string, hint: string): UsageError {
  return new UsageError("STORE_URL_INVALID", message, { hint });
}
