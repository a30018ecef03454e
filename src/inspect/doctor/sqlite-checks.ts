import type { SqliteFacts } from "../../log/store-exam.js";
import type { Check } from "./check.js";
import { advice, command, ok, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";

/** SQLite writes back at 4 MiB, and sessiondb lets a file of 16 MiB stand; more means that somebody keeps it from that. */
const WAL_WARN_BYTES = 64 * 1024 * 1024;

/** Whether the SQLite that comes with the driver is one that loses data. */
export const sqliteVersionCheck: Check = {
  name: "sqlite",
  async look(patient) {
    const exam = await patient.exam();
    return exam?.kind === "sqlite" ? [sqliteVersion(await exam.facts())] : [];
  },
};

export function sqliteVersion({ version, versionFault }: Pick<SqliteFacts, "version" | "versionFault">): Seen {
  if (versionFault === undefined) return ok("version", `SQLite ${version}`);
  return {
    code: "unsafe-version",
    severity: "bad",
    what: versionFault,
    why: "two processes that write and checkpoint in the same instant can lose committed events",
    mend: command("npm install better-sqlite3@latest"),
  };
}

/** How large the -wal file has grown. */
export const walCheck: Check = {
  name: "wal",
  async look(patient) {
    const exam = await patient.exam();
    if (exam?.kind !== "sqlite") return [];
    return [walFile(patient, await exam.facts(), () => exam.checkpoint())];
  },
};

export function walFile(
  { storeOption }: Pick<Patient, "storeOption">,
  { journalMode, walBytes }: Pick<SqliteFacts, "journalMode" | "walBytes">,
  checkpoint: () => Promise<number>,
): Seen {
  const mend = command(`sessiondb doctor --fix${storeOption}`);
  const fix = async () => `wrote the -wal file back; it has ${await checkpoint()} bytes now`;
  if (journalMode !== "wal") {
    const what = `the journal mode is ${journalMode}`;
    return {
      code: "no-wal",
      severity: "warn",
      what,
      why: "writers keep readers out, and each other longer",
      mend,
      fix,
    };
  }
  if (walBytes < WAL_WARN_BYTES) return ok("size", `${walBytes} bytes`);
  return {
    code: "large",
    severity: "warn",
    what: `the -wal file has ${walBytes} bytes: somebody has held a reading transaction open for long`,
    why: "it grows until the disk is full, and makes every read slower",
    mend,
    fix,
  };
}

/** Whether the pages of the file are whole: an index may be damaged where every event can still be read. */
export const pagesCheck: Check = {
  name: "pages",
  async look(patient) {
    const exam = await patient.exam();
    if (exam?.kind !== "sqlite") return [];
    const faults = await exam.pageFaults();
    if (faults.length === 0) return [ok("whole", "SQLite finds every page in order")];
    return [
      {
        code: "damaged-pages",
        severity: "bad",
        what: `SQLite finds damage: ${faults.join("; ")}`,
        why: "reads may fail or miss rows; the file system, a copy of a live file or another program did this",
        mend: advice(
          "copy what can be read into a new log: sessiondb backup -o FILE, then sessiondb restore FILE --to URL",
        ),
      },
    ];
  },
};
