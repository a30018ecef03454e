import { type JsonObject, withMember } from "../../projections/json-patch.js";
import { RefusedError } from "../errors.js";
import type { Json } from "../log/canonical.js";

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
    return [key, key === "session" ? value : masked(value, [key], notes)];
  });
  return { record: Object.fromEntries(members), notes };
}

const MASK = "***";

/** Forms that are nothing but secrets: passwords in addresses; tokens of GitHub, GitLab, Slack, AWS; private keys. */
const SECRET_FORMS: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*):[^\s/?#@]+@/gi, `$1:${MASK}@`],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|AKIA[A-Z0-9]{16})/g,
    MASK,
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASK],
];
const SECRET_NAME =
  /^(?:(?:access|refresh|id|auth|github|gitlab|api|bearer)?[_-]?token|password|passwd|passphrase|(?:client[_-]?)?secret|(?:api|private|secret)[_-]?key)$/i;

function masked(value: Json, path: readonly string[], notes: string[]): Json {
  if (typeof value === "string") return maskedText(value, path, notes);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one, i) => masked(one, [...path, String(i)], notes));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, masked(one, [...path, key], notes)]));
}

function maskedText(text: string, path: readonly string[], notes: string[]): string {
  const named = SECRET_NAME.test(path.at(-1) as string) && text !== "" && !isSecretReference(text);
  const result = named ? MASK : SECRET_FORMS.reduce((at, [form, mask]) => at.replace(form, mask), text);
  if (result !== text) notes.push(`${path.join(".")} held a secret; it was replaced by ${MASK}`);
  return result;
}

/** An empty or missing token is none. */
function holdsToken({ github }: JsonObject): boolean {
  if (typeof github !== "object" || github === null || Array.isArray(github)) return false;
  if (!Object.hasOwn(github, "token")) return false;
  const { token } = github;
  return token !== null && token !== "" && !isSecretReference(token);
}
