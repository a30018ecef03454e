import { maskUrl } from "../log/mask-url.js";
import { shellWord } from "../log/shell-word.js";
import type { ReadConfigFile } from "./config-file.js";

const OTHERS = 0o077;

/** A file with a password in it that others can read is told of, with what to type. */
export function modeWarning(file: ReadConfigFile): string[] {
  if (!showsPassword(file)) return [];
  return [`warning: others can read the password in ${file.path}; type: chmod 600 ${shellWord(file.path)}`];
}

/** Whether others than its owner may read a password in it. */
export function showsPassword({ mode, entries }: ReadConfigFile): boolean {
  return isOpenToOthers(mode) && entries.some(({ setting, raw }) => setting.secret && holdsPassword(String(raw)));
}

export function isOpenToOthers(mode: number): boolean {
  return (mode & OTHERS) !== 0 && process.platform !== "win32";
}

/** `postgres://u:${PASSWORD}@host` holds the name of one only. */
export function holdsPassword(address: string): boolean {
  const named = address.replace(/:\$\{\w+\}@/, "@").replace(/(password=)\$\{\w+\}/i, "");
  return maskUrl(named) !== named;
}
