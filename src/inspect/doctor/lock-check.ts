import type { Check } from "./check.js";
import { ok, type Seen } from "./finding.js";

/** What keeps two writers apart. */
export const lockCheck: Check = {
  name: "lock",
  async look(patient) {
    const exam = await patient.exam();
    switch (exam?.kind) {
      case "jsonl": {
        const { kind, held } = await exam.lock();
        return [jsonlLock(kind, held)];
      }
      case "sqlite":
        return [ok("sqlite-locks", "SQLite's own locks of the file, in WAL mode")];
      case "postgres":
        return [ok("advisory-lock", "an advisory lock of the transaction, on the server")];
      case undefined:
        return [];
      default:
        return exam satisfies never;
    }
  },
};

function jsonlLock(kind: string | null, held: boolean): Seen {
  const state = held ? "a writer holds it now" : "free";
  // A copy or an export has none; the first append makes it.
  if (kind === null) return ok("no-manifest", `ofd (no manifest yet: the first append writes it), ${state}`);
  return ok("ofd", `${kind}, an operating system lock that dies with its holder; ${state}`);
}
