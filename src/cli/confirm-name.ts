import { basename } from "node:path";
import { addressParts, isServerAddress } from "../config/address.js";
import { RefusedError } from "../errors.js";
import { shellWord } from "../log/shell-word.js";
import { ask } from "./ask.js";

/** The name of a store, as it is typed to confirm what cannot be undone: the file's, or the database's and the schema's. */
export function storeName(url: string): string {
  if (!isServerAddress(url)) return basename(addressParts(url).rest) || url;
  // Several hosts with their ports are no host to URL; none of them is part of the name.
  const { pathname, searchParams } = new URL(url.replace(/^([^/]*\/\/)[^/?#]*/, "$1localhost"));
  const schema = searchParams.get("schema");
  const database = decodeURIComponent(pathname.slice(1)) || "postgres";
  return schema === null ? database : `${database}/${schema}`;
}

/**
 * For acts that destroy history: the name of the store is typed, on the terminal or as `--yes=NAME`. A bare yes is too
 * easily a habit.
 *
 * @throws RefusedError CONFIRMATION_NEEDED
 */
export async function confirmedByName(question: string, name: string, given: string | undefined): Promise<void> {
  if (given === name) return;
  const refused = new RefusedError("CONFIRMATION_NEEDED", `${question}: this was not confirmed`, {
    hint: `there is no way back; add --yes=${shellWord(name)} to do it, or --dry-run to see what would go`,
  });
  if (given !== undefined || !process.stdin.isTTY || !process.stderr.isTTY) throw refused;
  const answer = await ask(`${question}. There is no way back. Type ${name} to do it: `);
  if (answer?.trim() !== name) throw refused;
}
