import Database from "better-sqlite3";
import { UsageError } from "../../../../errors.js";
import { driverFault, driverVersion, fittingDriver } from "./driver-version.js";

/**
 * To be called before anything is made: better-sqlite3 loads its native part with the first connection. Until then nobody
 * notices that its install script was never run (`--ignore-scripts`, pnpm's default) or ran for another Node.
 *
 * @throws UsageError DRIVER_UNUSABLE
 */
export function assertDriver(url: string): void {
  const fault = driverFault(driverVersion(), process.versions.node);
  if (fault !== undefined) {
    throw new UsageError("DRIVER_UNUSABLE", `${url}: ${fault}; it was not loaded`, {
      hint: `npm install ${fittingDriver(process.versions.node)} (in a clone of sessiondb with --no-save)`,
    });
  }
  try {
    new Database(":memory:").close();
  } catch (cause) {
    throw unusable(url, cause);
  }
}

function unusable(url: string, cause: unknown): UsageError {
  const isThere = (cause as { code?: unknown }).code === "ERR_DLOPEN_FAILED";
  const why = isThere ? "was built for another Node or another system" : "was installed without its native part";
  const here = `Node ${process.versions.node} on ${process.platform} ${process.arch}`;
  return new UsageError("DRIVER_UNUSABLE", `${url}: SQLite's driver (better-sqlite3) ${why} (${here})`, {
    hint: "build it: npm rebuild better-sqlite3 (pnpm: pnpm approve-builds), which needs python3, make and g++ where no prebuilt one fits; or use a JSONL log: jsonl:PATH",
    cause,
  });
}
