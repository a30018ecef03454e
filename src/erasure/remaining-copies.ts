import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { addressParts } from "../config/address.js";
import type { EventLog } from "../log/event-log.js";
import { MigrationJournal } from "../migrate/journal.js";

/** What belongs to a log and is cleaned with it, or holds no data. */
const OWN_FILES = /^\.(?:lock|\d{6,}|manifest\.json(?:\.tmp)?|sidecar|rewriting|wal|shm)$|^-(?:wal|shm)$/;
/** Said always: nobody can list them. */
const ALWAYS = "backups, exports and proofs that were made before, wherever they were put: erase them there";

/**
 * Where else the data may be, in words: copies that the log's journal of migrations knows of, files beside the log, and
 * what nobody can list. Looks at names only.
 */
export async function remainingCopies(log: EventLog): Promise<string[]> {
  return [...(await journalled(log)), ...filesBeside(log.url), ALWAYS];
}

async function journalled(log: EventLog): Promise<string[]> {
  const { entries, unreadable } = await new MigrationJournal(log).list();
  const copies = new Set<string>();
  for (const { id, source, replaced, rollbacks, backups } of entries) {
    copies.add(`${source}, from which migration ${id} copied: redact it there, or delete it`);
    for (const { savedAs } of replaced === null ? rollbacks : [replaced, ...rollbacks])
      copies.add(`${savedAs}, events that were cut off: delete the file`);
    for (const backup of backups) copies.add(`${backup}, a backup of migration ${id}: delete the file`);
  }
  for (const name of unreadable) copies.add(`what ${name} of the sidecar names: it cannot be read`);
  return [...copies];
}

/** Torn tails, copies and leftovers of editors stand beside the log and begin with its name. */
function filesBeside(url: string): string[] {
  const { scheme, rest } = addressParts(url);
  if (scheme !== "jsonl" && scheme !== "sqlite") return [];
  const [folder, name] = [dirname(rest), basename(rest)];
  try {
    return readdirSync(folder)
      .filter((file) => file !== name && file.startsWith(name) && !OWN_FILES.test(file.slice(name.length)))
      .map((file) => `${join(folder, file)}, beside the log: look into it, and delete it`);
  } catch {
    return [`other files in ${folder}, which cannot be listed`];
  }
}
