import { maskUrl } from "../log/mask-url.js";
import type { ReadConfigFile } from "./config-file.js";

const OTHERS = 0o077;

/** A file with a password in it that others can read is told of, with what to type. */
export function modeWarning({ path, mode, entries }: ReadConfigFile): string[] {
  const open = (mode & OTHERS) !== 0 && process.platform !== "win32";
  if (!open || !entries.some(({ setting, raw }) => setting.secret && holdsPassword(String(raw)))) return [];
  return [`warning: others can read the password in ${path}; type: chmod 600 ${shellWord(path)}`];
}

/** `postgres://u:${PASSWORD}@host` holds the name of one only. */
export function holdsPassword(address: string): boolean {
  const named = address.replace(/:\$\{\w+\}@/, "@").replace(/(password=)\$\{\w+\}/i, "");
  return maskUrl(named) !== named;
}

function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
