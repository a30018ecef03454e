import { type JsonObject, withMember } from "../../projections/json-patch.js";
import { RefusedError } from "../errors.js";

/** Where a token is found, instead of the token. */
const REFERENCE = /^env:[A-Za-z_][A-Za-z0-9_]*$/;
/** What an importer puts in the place of a token. */
export const DEFAULT_TOKEN_REFERENCE = "env:GITHUB_TOKEN";

export function isSecretReference(value: unknown): boolean {
  return typeof value === "string" && REFERENCE.test(value);
}

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

/** For importers. `note` says what was done; undefined where there was nothing to do. */
export function withoutSecrets(record: JsonObject): { record: JsonObject; note: string | undefined } {
  if (!holdsToken(record)) return { record, note: undefined };
  const github = withMember(record.github as JsonObject, "token", DEFAULT_TOKEN_REFERENCE);
  const note = `github.token was a token; it was replaced by the reference ${DEFAULT_TOKEN_REFERENCE}`;
  return { record: withMember(record, "github", github), note };
}

/** An empty or missing token is none. */
function holdsToken({ github }: JsonObject): boolean {
  if (typeof github !== "object" || github === null || Array.isArray(github)) return false;
  if (!Object.hasOwn(github, "token")) return false;
  const { token } = github;
  return token !== null && token !== "" && !isSecretReference(token);
}
