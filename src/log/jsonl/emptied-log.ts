import { IntegrityError } from "../../errors.js";
import { shellWord } from "../shell-word.js";
import { checkManifest, NO_MANIFEST, writeManifestLocked } from "./manifest.js";
import type { Seen } from "./seen.js";
import { unendedAppend } from "./unended-append.js";

/**
 * A file that holds no whole append (any more), though one was on the disk: somebody has emptied it, as `> s.jsonl` does. It
 * must not look like a new log. To be asked after the look at the file, because who cuts a log back to nothing says so first.
 *
 * @param seen a file that is there, and holds no whole append
 * @throws IntegrityError LOG_EMPTIED; UsageError of the manifest
 */
export async function assertNotEmptied(seen: Seen): Promise<void> {
  const { path } = seen.file;
  if (checkManifest(path)?.begun !== true || (await unendedAppend(seen)) !== undefined) return;
  const word = shellWord(path);
  throw new IntegrityError("LOG_EMPTIED", `jsonl:${path} holds no whole event, and it did: somebody has emptied it`, {
    hint: `take it from a backup or another copy; to begin a new log there, move this file away: mv ${word} ${word}.emptied`,
  });
}

/** An append is on the disk. */
export function sayBegunLocked(logPath: string): void {
  writeManifestLocked(logPath, { ...(checkManifest(logPath) ?? NO_MANIFEST), begun: true });
}

/** The log is empty by right from here on. */
export function sayEmptyLocked(logPath: string): void {
  const manifest = checkManifest(logPath);
  if (manifest?.begun === true) writeManifestLocked(logPath, { ...manifest, begun: false });
}
