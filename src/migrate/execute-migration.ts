import { type SessionDbError, StoppedError, UnavailableError, UsageError } from "../errors.js";
import { assertCount } from "../log/assert-limits.js";
import type { EventLog } from "../log/event-log.js";
import { assertFreezable, assertOtherLog } from "./cut-over.js";
import { type ExecuteOptions, type OnConflict, verifyOptions } from "./execute-options.js";
import { Execution } from "./execution.js";
import type { MigrationPlan } from "./migration-plan.js";
import { type MigrationReport, nothingDone } from "./migration-report.js";
import { assertExecutable } from "./obstacles.js";
import { RunningMigration } from "./running-migration.js";
import { storeOption } from "./store-option.js";
import { verifyMigration } from "./verify-migration.js";

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
 *   MIGRATION_STOPPED; IntegrityError MIGRATION_MISMATCH; TypeError where `batchEvents` is no whole number from 1;
 *   whatever the backends throw
 */
export async function executeMigration(
  plan: MigrationPlan,
  source: EventLog,
  target: EventLog,
  options: ExecuteOptions,
): Promise<MigrationReport> {
  if (options.batchEvents !== undefined) assertCount("batchEvents", options.batchEvents, 1);
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
