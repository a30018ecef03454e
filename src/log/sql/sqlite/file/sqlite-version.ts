import { UsageError } from "../../../../errors.js";
import { compareVersions, versionNumbers } from "../version-numbers.js";
import { fittingDriver } from "./driver-version.js";

/** First release with the fix of the WAL-reset bug (sqlite.org/wal.html, "The WAL-Reset Bug"): 3.7.0 to 3.51.2 have it. */
const FIRST_SAFE = [3, 51, 3] as const;
/** The same page names these back-ports. */
const SAFE_BACKPORTS: ReadonlySet<string> = new Set(["3.44.6", "3.50.7"]);

/** @returns why it is not safe to write with this version */
export function versionFault(version: string): string | undefined {
  if (SAFE_BACKPORTS.has(version) || compareVersions(versionNumbers(version), FIRST_SAFE) >= 0) return undefined;
  return `better-sqlite3 brings SQLite ${version}, which can lose committed data in WAL mode (fixed in 3.51.3)`;
}

/**
 * Refuses a SQLite that can lose committed events: two connections that write and checkpoint in the same instant.
 *
 * @throws UsageError SQLITE_UNSAFE
 */
export function assertSafeVersion(version: string): void {
  const fault = versionFault(version);
  if (fault === undefined) return;
  throw new UsageError("SQLITE_UNSAFE", fault, {
    hint: `npm install ${fittingDriver(process.versions.node)} (12.8.0 or newer)`,
  });
}
