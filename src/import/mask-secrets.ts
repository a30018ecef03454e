import type { Json } from "../log/canonical.js";
import { MASK, SECRET_FORMS } from "../log/secret-forms.js";

/** Where a token is found, instead of the token. */
const REFERENCE = /^env:[A-Za-z_][A-Za-z0-9_]*$/;

export function isSecretReference(value: unknown): boolean {
  return typeof value === "string" && REFERENCE.test(value);
}

/** The end of a name: `github_access_token`, `refreshToken`, `password`. */
const SECRET_NAME =
  /(?:(?:access|refresh|id|auth|api|bearer|csrf)[_-]?token|(?:^|[_.:-])(?:token|secret|password|passwd|passphrase)|(?:client[_-]?secret)|(?:api|private|secret)[_-]?key)$/i;

/** Whether a text holds something in the form of a secret; one that is masked already is none. */
export function holdsSecretForm(text: string): boolean {
  return SECRET_FORMS.some(({ form, masked }) => text.replace(form, masked ?? MASK) !== text);
}

/**
 * A copy in which secrets are replaced by `***`: passwords in addresses, texts in the form of a known token, and all below members
 * that are named like one. References such as `env:NAME` stay. What was replaced is added to `notes`.
 */
export function maskSecrets(value: Json, path: readonly string[], notes: string[]): Json {
  if (typeof value === "string") return maskedText(value, path, notes);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one, i) => maskSecrets(one, [...path, String(i)], notes));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskSecrets(one, [...path, key], notes)]));
}

function maskedText(text: string, path: readonly string[], notes: string[]): string {
  const named = path.some((name) => SECRET_NAME.test(name)) && text !== "" && !isSecretReference(text);
  const result = named ? MASK : SECRET_FORMS.reduce((at, { form, masked }) => at.replace(form, masked ?? MASK), text);
  if (result !== text) notes.push(`${path.join(".")} held a secret; it was replaced by ${MASK}`);
  return result;
}
