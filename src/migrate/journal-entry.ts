import { hostname } from "node:os";
import * as z from "zod";

const tail = z.object({ offset: z.number().int().min(0), hash: z.string(), recordedAt: z.string() });

/** Events that were cut from a target, and the file that they were saved to first. Offsets are inclusive. */
const cut = z.object({ at: z.string(), actor: z.string(), from: z.number(), to: z.number(), savedAs: z.string() });

/**
 * One migration, as the target's sidecar keeps it under `migrations/<id>`:
 *
 *   running ──▶ done            verified: equal hashes and equal states
 *      │   ├──▶ stopped         by the user, between two batches
 *      │   └──▶ failed          with the code of the error; a killed one stays "running" and is seen to be dead
 *      ▼
 *   rolled-back                 from any of them
 *
 * Addresses are without passwords.
 */
export const journalEntrySchema = z.object({
  format: z.literal(1),
  /** UUIDv7. */
  id: z.string(),
  state: z.enum(["running", "done", "stopped", "failed", "rolled-back"]),
  source: z.string(),
  target: z.string(),
  actor: z.string(),
  /** Who runs it, for seeing whether he is still alive. */
  host: z.string(),
  pid: z.number(),
  processStartedAt: z.string(),
  startedAt: z.string(),
  /** Renewed while it runs. */
  heartbeatAt: z.string(),
  endedAt: z.string().nullable(),
  /** The target's tail before the migration, and the one that it is to have: the source's when it began. */
  before: tail,
  planned: tail,
  /** How far it had come when this was last written. */
  reached: tail,
  /** The target's tail after it; null as long as it is not known. Rolling back a part moves it back. */
  after: tail.nullable(),
  /** What became of logs that had diverged; null where they had not. */
  onConflict: z.enum(["source-wins", "target-wins", "rebase"]).nullable(),
  events: z.number(),
  sessions: z.number(),
  bytes: z.number(),
  /** Documents that were compared. */
  states: z.number(),
  checkMs: z.number(),
  copyMs: z.number(),
  verifyMs: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** What was cut before copying (source-wins) and by rollbacks, oldest first. */
  replaced: cut.nullable(),
  rollbacks: z.array(cut),
  /** Whether the source is frozen at the end, so that its writers go on in the target. */
  cutover: z.boolean().default(false),
  /** The source's last tail, once it was frozen by this migration; null before, and where it was thawed again. */
  frozen: tail.nullable().default(null),
  /** Whether the configuration is made to name the target at the end. */
  switches: z.boolean().default(false),
  /** The file in which that was done, on that machine, and the one of this user that says how to take it back. */
  switched: z.object({ host: z.string(), file: z.string(), savedAs: z.string() }).nullable().default(null),
  /** Copies that were made before it began. */
  backups: z.array(z.string()),
});

export type JournalEntry = z.infer<typeof journalEntrySchema>;
/** A file of configuration that a migration has switched to its target. */
export type SwitchedConfig = NonNullable<JournalEntry["switched"]>;
export type CutEvents = z.infer<typeof cut>;

/** @throws where the text is no entry of this format */
export function parseJournalEntry(text: string): JournalEntry {
  return journalEntrySchema.parse(JSON.parse(text));
}

/** Who this process is. Its number alone may be that of another one, after a restart of the machine or container. */
export function thisProcess(): Pick<JournalEntry, "host" | "pid" | "processStartedAt"> {
  return {
    host: hostname(),
    pid: process.pid,
    processStartedAt: new Date(performance.timeOrigin).toISOString(),
  };
}

/** Migrations that this process is working on: one whose end could not be written down is over all the same. */
const AT_WORK = new Set<string>();

export function beginWork(id: string): void {
  AT_WORK.add(id);
}

export function endWork(id: string): void {
  AT_WORK.delete(id);
}

/** A process that has not said so for this long is taken for dead, where its machine cannot be asked. */
const SILENT_MS = 60_000;

/**
 * Whether its process may still be at work. Never decisive for what is written: each batch must continue the target's
 * tail, so of two migrations that take each other for dead one fails cleanly.
 */
export function isAlive(entry: JournalEntry, now: Date): boolean {
  if (entry.state !== "running") return false;
  if (now.getTime() - Date.parse(entry.heartbeatAt) > SILENT_MS) return false;
  const me = thisProcess();
  if (entry.host !== me.host) return true;
  if (entry.pid !== me.pid) return processExists(entry.pid);
  return entry.processStartedAt === me.processStartedAt && AT_WORK.has(entry.id);
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A file of events was brought back: there is no log that the target came from. */
export function isRestore({ source }: JournalEntry): boolean {
  return source.startsWith("file:");
}

/** As people see it: a running one whose process is gone was interrupted. */
export function shownState(entry: JournalEntry, now: Date): JournalEntry["state"] | "interrupted" {
  return entry.state === "running" && !isAlive(entry, now) ? "interrupted" : entry.state;
}
