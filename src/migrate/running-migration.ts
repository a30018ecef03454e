import { v7 as uuidV7 } from "uuid";
import { SessionDbError, UnavailableError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { Heartbeat } from "./heartbeat.js";
import { MigrationJournal } from "./journal.js";
import { beginWork, endWork, isAlive, type JournalEntry, thisProcess } from "./journal-entry.js";
import type { MigrationPlan } from "./migration-plan.js";
import { eventAt } from "./relation.js";

/** What is known when a migration begins. */
export interface MigrationStart {
  readonly plan: Pick<MigrationPlan, "source" | "target" | "sessions" | "bytes">;
  readonly actor: string;
  readonly onConflict: JournalEntry["onConflict"];
  readonly backups: readonly string[];
  readonly cutover: boolean;
  readonly switches: boolean;
}

/** One migration under way, as its journal entry says. */
export class RunningMigration {
  readonly #journal: MigrationJournal;
  #entry: JournalEntry;
  #heartbeat: Heartbeat;

  private constructor(journal: MigrationJournal, entry: JournalEntry) {
    this.#journal = journal;
    this.#entry = entry;
    this.#heartbeat = new Heartbeat(journal, entry);
  }

  get entry(): JournalEntry {
    return this.#entry;
  }

  /**
   * Enters a migration in the journal of its target. One that was interrupted, stopped or failed on the same way goes on
   * under its id, so that rolling it back takes back all of it.
   *
   * @throws UnavailableError MIGRATION_RUNNING another one is at work there; nothing was written
   */
  static async begin(target: EventLog, start: MigrationStart): Promise<RunningMigration> {
    const journal = new MigrationJournal(target);
    const { entries } = await journal.list();
    assertNoneAlive(entries, target.url);
    const earlier = await unfinished(entries, target, start);
    const entry = earlier === undefined ? newEntry(target, start) : continued(earlier, start);
    beginWork(entry.id);
    try {
      await journal.write(entry);
      await withdrawBehindOther(journal, entry, target.url);
      return new RunningMigration(journal, entry);
    } catch (error) {
      endWork(entry.id);
      throw error;
    }
  }

  /** Noted with the next heartbeat, and when it ends. */
  reach(reached: Tail): void {
    this.#entry = { ...this.#entry, reached };
    this.#heartbeat.entry = this.#entry;
  }

  /** Whether a migration on the same way did not come to its end, also where all its events had arrived. */
  static async isUnfinished(target: EventLog, start: MigrationStart): Promise<boolean> {
    const { entries } = await new MigrationJournal(target).list();
    const earlier = await unfinished(entries, target, start);
    return earlier !== undefined && !isAlive(earlier, new Date());
  }

  async update(fields: Partial<JournalEntry>): Promise<void> {
    await this.#heartbeat.stop();
    this.#entry = { ...this.#entry, ...fields, heartbeatAt: new Date().toISOString() };
    await this.#journal.write(this.#entry);
    this.#heartbeat = new Heartbeat(this.#journal, this.#entry);
  }

  async end(state: JournalEntry["state"], fields: Partial<JournalEntry>): Promise<JournalEntry> {
    await this.#heartbeat.stop();
    endWork(this.#entry.id);
    const now = new Date().toISOString();
    this.#entry = { ...this.#entry, ...fields, state, heartbeatAt: now, endedAt: now };
    await this.#journal.write(this.#entry);
    return this.#entry;
  }

  /** As if it had not begun: for one that is found out to be none. */
  async withdraw(): Promise<void> {
    await this.#heartbeat.stop();
    endWork(this.#entry.id);
    this.#entry = { ...this.#entry, state: "failed" };
    await this.#journal.remove(this.#entry.id);
  }

  /** Says why it ended, as far as the target can still be written to: the first error is the one to tell. */
  async fail(state: "failed" | "stopped", error: unknown): Promise<void> {
    const code = error instanceof SessionDbError ? error.code : "UNEXPECTED";
    const message = error instanceof Error ? error.message : String(error);
    await this.end(state, { error: { code, message } }).catch(() => undefined);
  }
}

function assertNoneAlive(entries: readonly JournalEntry[], url: string): void {
  const alive = entries.find((entry) => isAlive(entry, new Date()));
  if (alive !== undefined) throw alreadyRunning(alive, url);
}

/** Two that began at the same moment both see each other's entry: the one with the greater id gives way. */
async function withdrawBehindOther(journal: MigrationJournal, mine: JournalEntry, url: string): Promise<void> {
  const { entries } = await journal.list();
  const other = entries.find((entry) => entry.id < mine.id && isAlive(entry, new Date()));
  if (other === undefined) return;
  const error = alreadyRunning(other, url);
  const { code, message } = error;
  await journal.write({ ...mine, state: "failed", endedAt: new Date().toISOString(), error: { code, message } });
  throw error;
}

function alreadyRunning({ id, actor, host, pid, source }: JournalEntry, url: string): UnavailableError {
  const message = `${url} is the target of migration ${id}, which ${actor} runs (process ${pid} on ${host}, from ${source})`;
  return new UnavailableError("MIGRATION_RUNNING", message, {
    hint: "wait for it: sessiondb migrate status; one that was killed is noticed by itself",
  });
}

/** The last migration into this target, where it did not come to its end and this one would go on with it. */
async function unfinished(
  entries: readonly JournalEntry[],
  target: EventLog,
  { plan, onConflict }: MigrationStart,
): Promise<JournalEntry | undefined> {
  const last = entries.at(-1);
  if (last === undefined || last.state === "done" || last.state === "rolled-back") return undefined;
  if (last.source !== plan.source.url || onConflict !== null || last.onConflict === "rebase") return undefined;
  if (last.replaced !== null) return last;
  const { offset, hash } = last.before;
  if (offset > plan.target.tail.offset) return undefined;
  return offset === 0 || (await eventAt(target, offset)).hash === hash ? last : undefined;
}

function newEntry(
  target: EventLog,
  { plan, actor, onConflict, backups, cutover, switches }: MigrationStart,
): JournalEntry {
  const now = new Date().toISOString();
  return {
    format: 1,
    // The package keeps them in order within a process, also in one millisecond: the newest has the greatest id.
    id: uuidV7(),
    state: "running",
    source: plan.source.url,
    target: target.url,
    actor,
    ...thisProcess(),
    startedAt: now,
    heartbeatAt: now,
    endedAt: null,
    before: plan.target.tail,
    planned: plan.source.tail,
    reached: plan.target.tail,
    after: null,
    onConflict,
    events: 0,
    sessions: plan.sessions,
    bytes: plan.bytes,
    states: 0,
    checkMs: 0,
    copyMs: 0,
    verifyMs: 0,
    error: null,
    replaced: null,
    rollbacks: [],
    cutover,
    frozen: null,
    switches,
    switched: null,
    backups: [...backups],
  };
}

function continued(earlier: JournalEntry, { plan, actor, backups, cutover, switches }: MigrationStart): JournalEntry {
  return {
    ...earlier,
    state: "running",
    actor,
    ...thisProcess(),
    heartbeatAt: new Date().toISOString(),
    endedAt: null,
    planned: plan.source.tail,
    sessions: Math.max(earlier.sessions, plan.sessions),
    error: null,
    cutover: earlier.cutover || cutover,
    switches,
    backups: [...earlier.backups, ...backups],
  };
}
