import { availableParallelism } from "node:os";
import { IntegrityError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { isRedaction } from "../log/redaction.js";
import type { Tail } from "../log/seal.js";
import { copiesRaw, copyEvents } from "./copy-events.js";
import { CutOver, type CutOverOptions } from "./cut-over.js";
import { cutSaved } from "./cut-saved.js";
import { type ExecuteOptions, verifyOptions } from "./execute-options.js";
import type { SwitchedConfig } from "./journal-entry.js";
import { LogWalk } from "./log-walk.js";
import type { MigrationPlan } from "./migration-plan.js";
import { type MigrationReport, nothingDone } from "./migration-report.js";
import { DEFAULT_PROJECTIONS } from "./plan-migration.js";
import { type Rebased, rebase } from "./rebase.js";
import type { RunningMigration } from "./running-migration.js";
import type { StateDigests } from "./state-digests.js";
import { TrailingWalk } from "./trailing-walk.js";
import { verifyMigration } from "./verify-migration.js";

/** The work of one migration that is entered in the journal: copying, verifying, and taking back what does not verify. */
export class Execution {
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
      throw cutOver.explained(error);
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
    const { batchEvents, signal, onProgress, onPiece } = this.#options;
    const onBatch = (tail: Tail) => {
      this.#run.reach(tail);
      trail?.reach(tail.offset);
      onProgress?.({ phase: "copying", done: tail.offset - from + 1, total });
    };
    await copyEvents(this.#source, this.#target, start, to, { batchEvents, onBatch, onPiece, signal });
    return trail?.end();
  }

  async #replace(): Promise<Tail> {
    const { saveFolder, actor, signal } = this.#options;
    const { id } = this.#run.entry;
    const common = this.#plan.relation.common;
    const request = { id, common, expected: this.#plan.target.tail, saveFolder, actor, signal };
    return cutSaved(this.#target, request, (cut) => this.#run.update({ replaced: cut }));
  }

  #verify(walk: LogWalk | undefined): Promise<number> {
    const { source, states } = this.#plan;
    const sourceAgain = () => this.#sourceStates(source.tail.offset);
    return verifyMigration(this.#target, source.tail, states, { ...verifyOptions(this.#options), walk, sourceAgain });
  }

  /** The states at an offset anew, where something was erased since; else undefined. */
  async #sourceStates(offset: number): Promise<StateDigests | undefined> {
    if (!(await this.#wasErasedBehind(offset))) return undefined;
    const { projections = DEFAULT_PROJECTIONS, signal } = this.#options;
    const walk = new LogWalk(this.#source, projections);
    await walk.advance(offset, { signal });
    return walk.digests();
  }

  async #wasErasedBehind(offset: number): Promise<boolean> {
    for await (const event of eventsOf(this.#source.readAll({ from: offset + 1 }))) {
      if (isRedaction(event)) return true;
    }
    return false;
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
    const onReached = (tail: Tail) => this.#run.reach(tail);
    const rebased = await rebase(this.#source, this.#target, this.#plan, { onProgress: tell, onReached, signal });
    if (rebased.appended > 0 || this.#options.switchConfig !== undefined) {
      return this.#finish(await this.#target.tail(), 0, performance.now() - began, 0, rebased);
    }
    await this.#target.appendSealed([]); // as in #finish
    await this.#run.withdraw(); // nothing was done, so there is nothing to take back
    return { ...nothingDone(this.#plan, 0, 0), rebased };
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
    const note = (about: SwitchedConfig | null) => this.#run.update({ switched: about });
    // What was switched before this migration was killed stays entered: then there is nothing left to switch.
    const switched = (await this.#options.switchConfig?.(report, note)) ?? this.#run.entry.switched;
    settle();
    const total = rebased === null && replaced === null ? after.offset - before.offset : earlier + events;
    await this.#run.end("done", { after, events: total, states, copyMs, verifyMs, switched });
    return { ...report, switched };
  }
}
