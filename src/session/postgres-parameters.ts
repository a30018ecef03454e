import { accessSync, constants } from "node:fs";
import { UsageError } from "../errors.js";

/** How the connection is encrypted, and who vouches for the server. */
export interface PostgresSsl {
  /**
   * `disable`: in clear text; `require`: encrypted, to whomever; `verify-ca`: the certificate has to be of the authority in
   * `ca`; `verify-full`: and of this host. Default: what the address says, else no encryption.
   */
  mode?: "disable" | "require" | "verify-ca" | "verify-full";
  /** A file with the certificates of the authority, PEM. */
  ca?: string;
}

/**
 * Adds to an address what it does not say itself.
 *
 * @throws UsageError STORAGE_CONFIG_INVALID: the CA file cannot be read, or is missing where it is needed
 */
export function withParameters(
  url: string,
  { schema, ssl }: { schema?: string | undefined; ssl?: PostgresSsl | undefined },
): string {
  const said = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?") + 1) : "");
  const added = new URLSearchParams();
  if (schema !== undefined && !said.has("schema")) added.set("schema", schema);
  // One of the two alone would be weaker than either of them was meant to be.
  if (ssl !== undefined && !["sslmode", "ssl", "sslrootcert"].some((name) => said.has(name))) addSsl(added, ssl);
  const query = added.toString();
  return query === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${query}`;
}

function addSsl(added: URLSearchParams, { mode = "verify-full", ca }: PostgresSsl): void {
  if (ca !== undefined) assertReadable(ca);
  if (mode === "verify-ca" && ca === undefined) {
    throw invalid("ssl mode verify-ca needs the file of the authority", "name it as ssl.ca, or take verify-full");
  }
  added.set("sslmode", mode);
  if (mode === "disable") return;
  if (ca !== undefined) added.set("sslrootcert", ca);
  // Without it the driver takes require and verify-ca for verify-full, and says that it will not always do so.
  if (mode !== "verify-full") added.set("uselibpqcompat", "true");
}

/** The driver would report the file that is missing as a server that is. */
function assertReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw new UsageError("STORAGE_CONFIG_INVALID", `the CA file ${file} cannot be read`, {
      hint: "correct ssl.ca: a file with the authority's certificates in PEM",
      cause,
    });
  }
}

function invalid(message: string, hint: string): UsageError {
  return new UsageError("STORAGE_CONFIG_INVALID", message, { hint });
}
