const MASK = "***";

/** `user:password@` of an address. The password reaches to the last `@`: one with an unescaped `@`, `/` or space counts. */
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*):.*@/is;
/** An address that only has an `@` somewhere in its parameters. */
const NO_USER = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]*(\/[^@?]*)?\?/i;
/** As {@link USER_INFO}, of what was to be an address and is none: slashes are missing, or the scheme. */
const BROKEN_USER_INFO = /^((?:postgres(?:ql)?:\/?|\/\/)?[^\s/?#:@]*):.*@/is;
/** Their paths may hold `:` and `@`, and never a password. */
const FILE_SCHEME = /^(?:jsonl|sqlite|memory|file):/i;
/** A bounded scheme: without its bound a long word is read once from each of its letters. */
const EMBEDDED_USER_INFO = /((?:[a-z][a-z0-9+.-]{0,40}:\/\/|postgres(?:ql)?:\/?)[^\s/?#:@]*):\S*@/gi;
/** `?password=…` of an address, `password=…` and `password = '…'` of a key-value string, `"password":"…"` of JSON. */
const NAMED = /((?:password|passwd|pwd|passphrase)["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s&;,"'}]+)/gi;

/** Replaces the passwords in an address by `***`. Every address that is shown or kept in an error goes through here. */
export function maskUrl(url: string): string {
  return maskUserInfo(url).replace(NAMED, `$1${MASK}`);
}

function maskUserInfo(url: string): string {
  if (NO_USER.test(url)) return url;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url.replace(USER_INFO, `$1:${MASK}@`);
  return FILE_SCHEME.test(url) ? url : url.replace(BROKEN_USER_INFO, `$1:${MASK}@`);
}

/** As {@link maskUrl}, for a text that may quote addresses. */
export function maskText(text: string): string {
  return text.replace(EMBEDDED_USER_INFO, `$1:${MASK}@`).replace(NAMED, `$1${MASK}`);
}

/**
 * An error fit to be the cause of another: itself, or where its texts quote a password a copy that has only name,
 * message and code.
 */
export function maskCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return typeof cause === "string" ? maskText(cause) : cause;
  const fields = Object.values(cause).filter((value) => typeof value === "string");
  if ([cause.message, cause.stack ?? "", ...fields].every((text) => maskText(text) === text)) return cause;
  const { code } = cause as { code?: unknown };
  const copy = new Error(maskText(cause.message));
  copy.name = cause.name;
  copy.stack = maskText(cause.stack ?? "");
  return typeof code === "string" ? Object.assign(copy, { code }) : copy;
}
