import { availableParallelism } from "node:os";
import { IntegrityError, type SessionDbError, StoppedError, UnavailableError, UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { copiesRaw, copyEvents } from "./copy-events.js";
import { assertFreezable, assertOtherLog, CutOver, type CutOverOptions } from "./cut-over.js";
import { cutSaved } from "./cut-saved.js";
import type { CutEvents, SwitchedConfig } from "./journal-entry.js";
import type { LogWalk } from "./log-walk.js";
import type { MigrationPlan } from "./migration-plan.js";
import { assertExecutable } from "./obstacles.js";
import { DEFAULT_PROJECTIONS } from "./plan-migration.js";
import { type Rebased, rebase } from "./rebase.js";
import type { Relation } from "./relation.js";
import { RunningMigration } from "./running-migration.js";
import type { AnyProjection } from "./state-digests.js";
import { storeOption } from "./store-option.js";
import { TrailingWalk } from "./trailing-walk.js";
import { verifyMigration } from "./verify-migration.js";

/** What becomes of a target that has diverged: nothing, the source's events, its own, or both one behind the other. */
export type OnConflict = "abort" | "source-wins" | "target-wins" | "rebase";

export interface MigrationProgress {
  readonly phase: "checking" | "copying" | "verifying" | "saving";
  /** Events done and events to do, in this phase. */
  readonly done: number;
  readonly total: number;
}

export interface ExecuteOptions {
  /** For the journal. */
  readonly actor: string;
  /** Where events that are cut from the target are saved first. */
  readonly saveFolder: string;
  /** Default "abort". */
  readonly onConflict?: OnConflict;
  /** The same as for the plan. */
  readonly projections?: readonly AnyProjection[];
  /** Events of one batch, at least; an append is never divided. Default 2,000; 5,000 into Postgres. */
  readonly batchEvents?: number;
  /** Copies that were made beforehand, for the journal. */
  readonly backups?: readonly string[];
  readonly onProgress?: (progress: MigrationProgress) => void;
  /** Ends the migration between two batches, so that it can be gone on with. */
  readonly signal?: AbortSignal;
  /**
   * The source is frozen at the end, so that its writers go on in the target; it must be open for writing. They may write
   * until then: what they write meanwhile is copied too.
   */
  readonly cutover?: boolean;
  /**
   * Called when all is verified, before the migration is entered as done; what it has switched is entered too. Default:
   * nothing is switched.
   */
  readonly switchConfig?: (report: MigrationReport) => Promise<SwitchedConfig | undefined>;
}

/** What a migration has done. */
export interface MigrationReport {
  /** null where nothing was to be done: then nothing was written, and there is no journal entry either. */
  readonly id: string | null;
  readonly source: string;
  readonly target: string;
  readonly relation: Relation["kind"];
  /** The target's tail before and after. */
  readonly before: Tail;
  readonly after: Tail;
  /** Events that were written to the target. */
  readonly events: number;
  readonly sessions: number;
  /** As lines of JSONL. */
  readonly bytes: number;
  /** Documents whose states were folded from both sides and compared. 0 after a rebase, which makes them differ. */
  readonly states: number;
  readonly durations: { readonly copyMs: number; readonly verifyMs: number };
  /** Events of the target that gave way to the source's, and where they were saved. */
  readonly replaced: CutEvents | null;
  readonly rebased: Rebased | null;
  /** The source's last tail, at which a cut-over has frozen it; else null. */
  readonly frozen: Tail | null;
  /** The file of configuration that names the target now; null where none was switched. */
  readonly switched: SwitchedConfig | null;
}

/**
 * Executes a plan: copies in batches behind the target's tail, verifies hashes, chain and folded states of both sides,
 * and keeps a journal in the target. The source is only read; a cut-over freezes it, and thaws it where that fails.
 *
 * Killed or stopped anywhere, it leaves a target that is a valid beginning of the source, and is gone on with by doing
 * it again. What does not verify is taken back.
 *
 * @param plan of these two logs, whose target has not been written to since
 * @param target open for writing
 * @throws whatever the plan's first obstacle is; UnavailableError TARGET_CHANGED, MIGRATION_RUNNING; StoppedError
 *   MIGRATION_STOPPED; IntegrityError MIGRATION_MISMATCH; whatever the backends throw
 */
export async function executeMigration(
  plan: MigrationPlan,
  source: EventLog,
  target: EventLog,
  options: ExecuteOptions,
): Promise<MigrationReport> {
  const onConflict = plan.divergence === undefined ? "abort" : (options.onConflict ?? "abort");
  assertExecutable(plan, onConflict);
  await assertAsPlanned(plan, target);
  if (onConflict === "target-wins") return nothingDone(plan, 0, 0);
  const { actor, backups = [], cutover = false } = options;
  const switches = options.switchConfig !== undefined;
  if (cutover) assertCanCutOver(source, onConflict);
  const start = { plan, actor, onConflict: onConflict === "abort" ? null : onConflict, backups, cutover, switches };
  if (plan.events === 0 && !cutover && !switches && !(await RunningMigration.isUnfinished(target, start))) {
    return verifyOnly(plan, target, options);
  }
  const run = await RunningMigration.begin(target, start);
  try {
    if (cutover) await assertOtherLog(source, target, run);
    return await new Execution(plan, source, target, run, options).execute();
  } catch (error) {
    throw await explained(error, run, options.signal);
  }
}

function assertCanCutOver(source: EventLog, onConflict: OnConflict): void {
  assertFreezable(source);
  if (onConflict === "abort" || onConflict === "source-wins") return;
  throw new UsageError("CUTOVER_IMPOSSIBLE", `after --on-conflict ${onConflict} the target is not what the source is`, {
    hint: "leave --cutover out, and stop the writers of the source",
  });
}

async function assertAsPlanned(plan: MigrationPlan, target: EventLog): Promise<void> {
  const tail = await target.tail();
  if (tail.hash === plan.target.tail.hash) return;
  throw new UnavailableError("TARGET_CHANGED", `${target.url} was written to since the migration was planned`, {
    hint: "do it again: it is planned anew then",
  });
}

async function verifyOnly(plan: MigrationPlan, target: EventLog, options: ExecuteOptions): Promise<MigrationReport> {
  const began = performance.now();
  const states = await verifyMigration(target, plan.source.tail, plan.states, verifyOptions(options));
  return nothingDone(plan, states, performance.now() - began);
}

function nothingDone({ source, target, relation }: MigrationPlan, states: number, verifyMs: number): MigrationReport {
  return {
    id: null,
    source: source.url,
    target: target.url,
    relation: relation.kind,
    before: target.tail,
    after: target.tail,
    ...{ events: 0, sessions: 0, bytes: 0, states },
    durations: { copyMs: 0, verifyMs },
    replaced: null,
    rebased: null,
    frozen: null,
    switched: null,
  };
}

function verifyOptions({ projections = DEFAULT_PROJECTIONS, onProgress, signal }: ExecuteOptions) {
  const tell = (done: number, total: number) => onProgress?.({ phase: "verifying", done, total });
  return { projections, onProgress: tell, signal };
}

/** What the caller is told, after the journal was. */
async function explained(
  error: unknown,
  run: RunningMigration,
  signal: AbortSignal | undefined,
): Promise<SessionDbError | unknown> {
  if (run.entry.state !== "running") return error;
  if (signal?.aborted !== true || error !== signal.reason) {
    await run.fail("failed", error);
    return error;
  }
  const { id, target } = run.entry;
  const stopped = new StoppedError("MIGRATION_STOPPED", `migration ${id} was stopped; what was copied stays`, {
    hint: `go on with: sessiondb migrate resume ${id}${storeOption("--to", target)}`,
  });
  await run.fail("stopped", stopped);
  return stopped;
}

class Execution {
  readonly #plan: MigrationPlan;
  readonly #source: EventLog;
  readonly #target: EventLog;
  readonly #run: RunningMigration;
  readonly #options: ExecuteOptions;

  constructor(plan: MigrationPlan, source: EventLog, target: EventLog, run: RunningMigration, options: ExecuteOptions) {
    this.#plan = plan;
    this.#source = source;
    this.#target = target;
    this.#run = run;
    this.#options = options;
  }

  async execute(): Promise<MigrationReport> {
    const { onConflict } = this.#run.entry;
    if (onConflict === "rebase") return this.#rebase();
    const began = performance.now();
    const start = onConflict === "source-wins" ? await this.#replace() : this.#plan.target.tail;
    const trail = this.#trail();
    const walk = await this.#copy(start, trail).finally(() => trail?.end());
    const copied = performance.now();
    if (this.#options.cutover === true) return this.#cutOver(copied - began, copied);
    const { tail } = this.#plan.source;
    const states = await this.#verifying(tail.offset, () => this.#verify(walk));
    return this.#finish(tail, states, copied - began, performance.now() - copied, null);
  }

  async #cutOver(copyMs: number, copied: number): Promise<MigrationReport> {
    const { projections = DEFAULT_PROJECTIONS, batchEvents, signal, onProgress } = this.#options;
    const tell: CutOverOptions["onProgress"] = (phase, done, total) => onProgress?.({ phase, done, total });
    const options = { projections, batchEvents, signal, onProgress: tell };
    const cutOver = new CutOver(this.#source, this.#target, this.#run, options);
    try {
      const plannedTail = this.#plan.source.tail;
      const { tail, states } = await this.#verifying(undefined, () => cutOver.finish(plannedTail));
      return await this.#finish(tail, states, copyMs, performance.now() - copied, null, () => cutOver.settle());
    } catch (error) {
      await cutOver.takeBack(error);
      throw error;
    }
  }

  /** Two processors are the copy's: on two it took twice as long. A cut-over verifies both sides itself, again and again. */
  #trail(): TrailingWalk | undefined {
    const { projections = DEFAULT_PROJECTIONS, signal, cutover } = this.#options;
    const isWorth = cutover !== true && availableParallelism() > 2 && copiesRaw(this.#source, this.#target);
    return isWorth ? new TrailingWalk(this.#target, { projections, signal }) : undefined;
  }

  /** @returns how far the target was read back meanwhile */
  async #copy(start: Tail, trail: TrailingWalk | undefined): Promise<LogWalk | undefined> {
    const { from, to, events: total } = this.#plan;
    const { batchEvents, signal, onProgress } = this.#options;
    const onBatch = (tail: Tail) => {
      this.#run.reach(tail);
      trail?.reach(tail.offset);
      onProgress?.({ phase: "copying", done: tail.offset - from + 1, total });
    };
    await copyEvents(this.#source, this.#target, start, to, { batchEvents, onBatch, signal });
    return trail?.end();
  }

  async #replace(): Promise<Tail> {
    const { saveFolder, actor } = this.#options;
    const { id } = this.#run.entry;
    const common = this.#plan.relation.common;
    return cutSaved(this.#target, { id, common, expected: this.#plan.target.tail, saveFolder, actor }, (cut) =>
      this.#run.update({ replaced: cut }),
    );
  }

  #verify(walk: LogWalk | undefined): Promise<number> {
    const { source, states } = this.#plan;
    return verifyMigration(this.#target, source.tail, states, { ...verifyOptions(this.#options), walk });
  }

  /** Takes back what was written where it is not what the source holds. `end`: default what was copied by then. */
  async #verifying<T>(end: number | undefined, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof IntegrityError) await this.#takeBack(error, end ?? this.#run.entry.reached.offset);
      throw error;
    }
  }

  /** To where the source's events begin; what gave way to them stays in its file, which the journal names. */
  async #takeBack(error: IntegrityError, end: number): Promise<void> {
    const { before, replaced } = this.#run.entry;
    const offset = replaced === null ? before.offset : replaced.from - 1;
    try {
      const tail = await this.#target.tail();
      if (tail.offset > end) return; // somebody has gone on behind it: what is his is not ours to cut
      await this.#target.truncateAfter(offset, tail);
    } catch {
      return; // a target that can neither be read right nor cut is told of by the first error
    }
    const { code, message } = error;
    await this.#run.end("rolled-back", { error: { code, message } });
  }

  async #rebase(): Promise<MigrationReport> {
    const began = performance.now();
    const { onProgress, signal } = this.#options;
    const tell = (done: number, total: number) => onProgress?.({ phase: "copying", done, total });
    const rebased = await rebase(this.#source, this.#target, this.#plan, { onProgress: tell, signal });
    return this.#finish(await this.#target.tail(), 0, performance.now() - began, 0, rebased);
  }

  async #finish(
    after: Tail,
    states: number,
    copyMs: number,
    verifyMs: number,
    rebased: Rebased | null,
    settle: () => void = () => undefined,
  ): Promise<MigrationReport> {
    const { source, target, relation, sessions, bytes } = this.#plan;
    const { id, before, replaced, events: earlier, frozen } = this.#run.entry;
    const events = rebased?.appended ?? this.#plan.events + after.offset - source.tail.offset;
    const counts = { events, sessions, bytes, states };
    const ends = { source: source.url, target: target.url, relation: relation.kind, before: target.tail, after };
    const report = {
      id,
      ...ends,
      ...counts,
      durations: { copyMs, verifyMs },
      replaced,
      rebased,
      frozen,
      switched: null,
    };
    // Where this run had nothing left to copy, the one before may have been killed between its last write and the sync.
    await this.#target.appendSealed([]);
    const switched = (await this.#options.switchConfig?.(report)) ?? null;
    settle();
    const total = rebased === null && replaced === null ? after.offset - before.offset : earlier + events;
    await this.#run.end("done", { after, events: total, states, copyMs, verifyMs, switched });
    return { ...report, switched };
  }
}
