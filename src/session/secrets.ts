import { type JsonObject, withMember } from "../../projections/json-patch.js";
import { RefusedError } from "../errors.js";
import { isSecretReference, maskSecrets } from "../import/mask-secrets.js";
import type { Json } from "../log/canonical.js";

/** What an importer puts in the place of a token. */
export const DEFAULT_TOKEN_REFERENCE = "env:GITHUB_TOKEN";

/** The log is never rewritten, so a token must not get into it. @throws RefusedError SECRET_REFUSED */
export function assertNoSecrets(record: JsonObject): void {
  if (!holdsToken(record)) return;
  throw new RefusedError(
    "SECRET_REFUSED",
    `github.token of ${record.session} is a token; the log would keep it for ever`,
    {
      hint: `store a reference: ${DEFAULT_TOKEN_REFERENCE}`,
    },
  );
}

/**
 * For importers: tokens of `github` replaced by a reference, passwords in addresses, texts that have the form of a known
 * token, and members that are named like one by `***`. `notes` says what was done. The id stays as it is.
 */
export function withoutSecrets(record: JsonObject): { record: JsonObject; notes: string[] } {
  const notes: string[] = [];
  let cleaned = record;
  if (holdsToken(record)) {
    cleaned = withMember(record, "github", withMember(record.github as JsonObject, "token", DEFAULT_TOKEN_REFERENCE));
    notes.push(`github.token was a token; it was replaced by the reference ${DEFAULT_TOKEN_REFERENCE}`);
  }
  const members = Object.entries(cleaned).map(([key, value]): [string, Json] => {
    return [key, key === "session" ? value : maskSecrets(value, [key], notes)];
  });
  return { record: Object.fromEntries(members), notes };
}

/** An empty or missing token is none. */
function holdsToken({ github }: JsonObject): boolean {
  if (typeof github !== "object" || github === null || Array.isArray(github)) return false;
  if (!Object.hasOwn(github, "token")) return false;
  const { token } = github;
  return token !== null && token !== "" && !isSecretReference(token);
}
