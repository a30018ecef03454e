/** What stands in the place of a password. */
export const MASK = "***";

/** A form of text that is nothing but a secret. */
export interface SecretForm {
  readonly form: RegExp;
  /** What stays of a match, with the mask in it; undefined where all of it is the secret. */
  readonly masked?: string;
}

/**
 * Passwords in addresses; tokens of GitHub, GitLab, Slack, AWS; private keys; JSON Web Tokens. Bounded, or with ends that
 * cannot be taken for beginnings, so that no text takes long.
 */
export const SECRET_FORMS: readonly SecretForm[] = [
  { form: /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/?#:@]*):[^\s/?#@]+@/gi, masked: `$1:${MASK}@` },
  {
    form: /\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|AKIA[A-Z0-9]{16})/g,
  },
  { form: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g },
  { form: /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g },
];

/**
 * Where none of this stands in a canonical JSON text, none of the forms does: one look, because every append pays for it.
 * JSON escapes none of these characters.
 */
export const MAY_HOLD_SECRET =
  /gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|-----BEGIN |(?<![\w-])eyJ[\w-]+\.eyJ|:\/\/[^\s/?#:@]*:[^\s/?#@]+@/;
