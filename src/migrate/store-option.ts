import { shellWord } from "../log/shell-word.js";

/**
 * ` --to URL` for a command that somebody is told to type. Nothing where the address holds a masked password: such a
 * store is found by the variable that names it, and the mask would be taken for the password.
 */
export function storeOption(name: "--to" | "--from" | "--store", url: string): string {
  return url.includes("***") ? "" : ` ${name} ${shellWord(url)}`;
}
