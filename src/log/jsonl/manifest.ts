import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "../../errors.js";
import { syncFolder } from "../sync-folder.js";
import { writeWhole } from "../write-whole.js";

/**
 * `x.jsonl.manifest.json`: {"format":1,"lock":"ofd"}. It names the kind of lock that guards the log, because two kinds on
 * one log would exclude nobody; a program that does not know the kind must not write. A frozen log also has
 * "movedTo":"<address>" there. The file is replaced, never written over, so a change of it shows in its inode.
 */
const MANIFEST = { format: 1, lock: "ofd" } as const;

export function manifestPath(logPath: string): string {
  return `${logPath}.manifest.json`;
}

export interface Manifest {
  /** The address that the log is frozen for. */
  readonly movedTo: string | null;
}

/** What changes with every manifest; cheap enough to be asked for under the lock of each append. "" where there is none. */
export function manifestStamp(logPath: string): string {
  const stat = statSync(manifestPath(logPath), { throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino} ${stat.ctimeMs} ${stat.size}`;
}

/**
 * @returns undefined where there is none
 * @throws UsageError LOCK_KIND_UNKNOWN, LOG_FORMAT_NEWER, MANIFEST_INVALID
 */
export function checkManifest(logPath: string): Manifest | undefined {
  const path = manifestPath(logPath);
  const manifest = readManifest(path);
  if (manifest === undefined) return undefined;
  if (typeof manifest.format === "number" && manifest.format > MANIFEST.format) {
    throw new UsageError(
      "LOG_FORMAT_NEWER",
      `${path}: format ${manifest.format}, this program knows ${MANIFEST.format}`,
      {
        hint: "upgrade sessiondb",
      },
    );
  }
  if (manifest.format !== MANIFEST.format) throw invalid(path, "it names no format");
  if (manifest.lock !== MANIFEST.lock) {
    throw new UsageError(
      "LOCK_KIND_UNKNOWN",
      `${path}: this log is guarded by a lock of kind ${JSON.stringify(manifest.lock)}`,
      {
        hint: `this program locks with "${MANIFEST.lock}", which would exclude nobody here; use the program that made the log`,
      },
    );
  }
  const { movedTo = null } = manifest;
  if (movedTo === null || typeof movedTo === "string") return { movedTo };
  throw invalid(path, "movedTo is no address");
}

/** The caller holds the lock. */
export function writeManifestLocked(logPath: string, { movedTo }: Manifest = { movedTo: null }): void {
  const path = manifestPath(logPath);
  const unfinished = `${path}.tmp`;
  const fd = openSync(unfinished, "w", 0o600);
  try {
    writeWhole(fd, Buffer.from(`${JSON.stringify(movedTo === null ? MANIFEST : { ...MANIFEST, movedTo })}\n`));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(unfinished, path);
  syncFolder(dirname(path));
}

function readManifest(path: string): { format?: unknown; lock?: unknown; movedTo?: unknown } | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // told below, with what to do
  }
  throw invalid(path, "it is not a JSON object");
}

function invalid(path: string, why: string): UsageError {
  return new UsageError("MANIFEST_INVALID", `${path} is damaged: ${why}`, {
    hint: `if no other program uses this log, write ${JSON.stringify(MANIFEST)} into it`,
  });
}
