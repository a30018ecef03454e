/**
 * Named texts beside a log: snapshots, checkpoints, the journal of migrations. The log holds every fact, so a sidecar
 * may be deleted at any time and is made again; a snapshot that does not fit is ignored by its reader.
 *
 * Names are 1 to 200 of the characters a–z, 0–9, `.`, `-`, `_` and `/`, without `..`; others are a TypeError.
 */
export interface Sidecar {
  /** @returns null where the name is not there */
  read(name: string): Promise<string | null>;
  /** Replaces the whole text, atomically: a reader sees the old or the new one, also after a crash. */
  write(name: string, text: string): Promise<void>;
  /** Removing a name that is not there is fine. */
  remove(name: string): Promise<void>;
  /** Names that start with `prefix`, sorted by UTF-16 units. */
  list(prefix: string): Promise<string[]>;
}

const NAME = /^[a-z0-9][a-z0-9._/-]{0,199}$/;

export function assertSidecarName(name: string): void {
  if (!NAME.test(name) || name.includes("..")) throw new TypeError(`not a sidecar name: ${JSON.stringify(name)}`);
}
