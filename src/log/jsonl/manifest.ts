import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "../../errors.js";
import { syncFolder } from "../sync-folder.js";

/**
 * `x.jsonl.manifest.json`: {"format":1,"lock":"ofd"}. It names the kind of lock that guards the log, because two kinds on
 * one log would exclude nobody; a program that does not know the kind must not write.
 */
const MANIFEST = { format: 1, lock: "ofd" } as const;

export function manifestPath(logPath: string): string {
  return `${logPath}.manifest.json`;
}

/**
 * @returns whether there is a manifest
 * @throws UsageError LOCK_KIND_UNKNOWN, LOG_FORMAT_NEWER, MANIFEST_INVALID
 */
export function checkManifest(logPath: string): boolean {
  const path = manifestPath(logPath);
  const manifest = readManifest(path);
  if (manifest === undefined) return false;
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
  return true;
}

/** The caller holds the lock. */
export function writeManifestLocked(logPath: string): void {
  const path = manifestPath(logPath);
  const unfinished = `${path}.tmp`;
  const fd = openSync(unfinished, "w", 0o600);
  writeSync(fd, `${JSON.stringify(MANIFEST)}\n`);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(unfinished, path);
  syncFolder(dirname(path));
}

function readManifest(path: string): { format?: unknown; lock?: unknown } | undefined {
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
