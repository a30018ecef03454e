import { IntegrityError, RefusedError } from "../errors.js";
import { removeIfThere } from "../files/remove-if-there.js";
import { ChainCheck, chainBroken } from "../log/chain-check.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { Tail } from "../log/seal.js";
import { verifyLog } from "../replay/verify-log.js";
import { copyBatches } from "./copy-batches.js";
import { cutSaved } from "./cut-saved.js";
import { readEventFile } from "./event-file.js";
import { MigrationJournal } from "./journal.js";
import type { CutEvents, JournalEntry } from "./journal-entry.js";
import type { RollbackPlan } from "./plan-rollback.js";
import { storeOption } from "./store-option.js";

export interface RollbackOptions {
  readonly actor: string;
  /** Where the events that are cut are saved first. */
  readonly saveFolder: string;
  /** Cut also what others have appended since the migration. */
  readonly force?: boolean;
  /** Ends the freeze of the source of a cut-over: called when the target is cut back to where the migration began. */
  readonly thawSource?: () => Promise<void>;
  /**
   * Makes the configuration name the source again: called when all is saved and right before that cut, so that it never names
   * a log that was emptied.
   */
  readonly switchBack?: (migration: JournalEntry) => Promise<SwitchedBack | null>;
  /** Takes `switchBack` back: called where the cut then failed. */
  readonly switchAgain?: (migration: JournalEntry) => Promise<void>;
  /** Stops it before anything is cut, switched or thawed: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What became of the file of configuration that a migration had switched. */
export interface SwitchedBack {
  readonly file: string;
  /** null where it names the source again, else why it was left as it is. */
  readonly left: string | null;
}

export interface RollbackReport {
  readonly migration: JournalEntry;
  /** The log that was cut, without a password. The migration names it as it was called then. */
  readonly target: string;
  /** The target's tail now. */
  readonly tail: Tail;
  /** Events that left the log. */
  readonly events: number;
  /** The file that holds them, also where a rollback that was killed has cut them; null where there were none. Restoring it into the target undoes the rollback. */
  readonly savedAs: string | null;
  /** Events that came back: they had given way to the source's when the migration began. */
  readonly cameBack: number;
  /** null where the migration had switched no configuration, and where a part of it stays. */
  readonly config: SwitchedBack | null;
}

/**
 * Cuts the target back to where the migration began. In this order: the events that came before it are looked at, what
 * is cut is saved and read back, the file is noted in the journal, the log is cut, what had given way comes back, and
 * the whole log is verified. Ended anywhere, nothing is lost: it is in the log, or in a file that the journal names.
 *
 * @param plan of this target, to which nobody has written since
 * @throws RefusedError ROLLBACK_WOULD_LOSE; ChainBreakError somebody has written since the plan was made: nothing was cut
 */
export async function rollBack(
  target: EventLog,
  plan: RollbackPlan,
  options: RollbackOptions,
): Promise<RollbackReport> {
  assertNothingOfOthers(plan, target.url, options.force === true);
  const { base, comesBack } = plan;
  if (comesBack !== null) await assertContinuesBase(comesBack.savedAs, base);
  return new Rollback(target, plan, options).run();
}

/** One rollback under way: what its journal says by now, and what became of the configuration. */
class Rollback {
  readonly #target: EventLog;
  readonly #plan: RollbackPlan;
  readonly #options: RollbackOptions;
  readonly #journal: MigrationJournal;
  #noted: JournalEntry;
  #config: SwitchedBack | null = null;

  constructor(target: EventLog, plan: RollbackPlan, options: RollbackOptions) {
    this.#target = target;
    this.#plan = plan;
    this.#options = options;
    this.#journal = new MigrationJournal(target);
    this.#noted = plan.migration;
  }

  async run(): Promise<RollbackReport> {
    const { tail, base, comesBack, events } = this.#plan;
    if (tail.offset > base.offset) await this.#cut();
    else await this.#switchBack();
    const savedAs = this.#noted.rollbacks.at(-1)?.savedAs ?? null;
    const now = comesBack === null ? base : await copyBatches(readEventFile(comesBack.savedAs), this.#target, base);
    await assertRestored(this.#target, now);
    const migration = await this.#end();
    const cameBack = now.offset - base.offset;
    return { migration, target: this.#target.url, tail: now, events, savedAs, cameBack, config: this.#config };
  }

  async #cut(): Promise<void> {
    const { migration, tail, base } = this.#plan;
    const { actor, saveFolder, signal } = this.#options;
    const request = { id: migration.id, common: base.offset, expected: tail, saveFolder, actor, signal };
    try {
      await cutSaved(this.#target, request, (cut) => this.#note(cut));
    } catch (error) {
      const isSwitched = this.#config !== null && this.#config.left === null;
      if (isSwitched && (await isUncut(this.#target, base))) await this.#options.switchAgain?.(migration);
      throw error;
    }
  }

  /** All is saved, and nothing is cut yet. */
  async #note(cut: CutEvents): Promise<void> {
    try {
      await this.#switchBack();
    } catch (error) {
      const isKnown = this.#noted.rollbacks.some(({ savedAs }) => savedAs === cut.savedAs);
      if (!isKnown) removeIfThere(cut.savedAs);
      throw error;
    }
    this.#noted = { ...this.#noted, rollbacks: [...this.#noted.rollbacks, cut] };
    await this.#journal.write(this.#noted);
  }

  async #switchBack(): Promise<void> {
    const { whole, migration } = this.#plan;
    if (whole) this.#config = (await this.#options.switchBack?.(migration)) ?? null;
  }

  async #end(): Promise<JournalEntry> {
    const { whole, migration, base } = this.#plan;
    if (whole && migration.cutover) await this.#options.thawSource?.();
    const ended = { ...this.#noted, endedAt: new Date().toISOString() };
    const entry: JournalEntry = whole ? { ...ended, state: "rolled-back" } : { ...ended, after: base };
    await this.#journal.write(entry);
    return entry;
  }
}

/** Where the target does not say so, it may be cut, and the configuration must not name it. */
async function isUncut(target: EventLog, base: Tail): Promise<boolean> {
  const tail = await target.tail().catch(() => undefined);
  return tail !== undefined && tail.offset > base.offset;
}

function assertNothingOfOthers({ others, othersShown, migration }: RollbackPlan, url: string, force: boolean): void {
  if (others === 0 || force) return;
  const first = othersShown[0]?.offset;
  const message = `${others} events (from offset ${first}) were written to ${url} by others since migration ${migration.id} and would be lost`;
  throw new RefusedError("ROLLBACK_WOULD_LOSE", message, {
    hint: `keep them first: sessiondb migrate${storeOption("--from", url)} --to another store; or add --force, which saves them with the rest`,
  });
}

/** Before anything is cut: what is to come back must be there, whole, and fit. */
async function assertContinuesBase(path: string, base: Tail): Promise<void> {
  const check = new ChainCheck(base);
  for await (const event of eventsOf(readEventFile(path))) {
    const fault = check.next(event);
    if (fault !== undefined) throw chainBroken(check.tail.offset + 1, `${fault} (${path})`);
  }
}

async function assertRestored(target: EventLog, expected: Tail): Promise<void> {
  const { fault, tail } = await verifyLog(target);
  if (fault !== undefined) throw fault;
  if (tail.hash === expected.hash) return;
  const message = `after the rollback the log ends at ${tail.offset} (${tail.hash}), expected ${expected.offset} (${expected.hash})`;
  throw new IntegrityError("MIGRATION_MISMATCH", message, { hint: "somebody has written to it meanwhile: look at it" });
}
