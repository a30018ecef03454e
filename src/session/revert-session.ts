import { sessionStream } from "../../projections/sessions.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { ConflictError, UsageError } from "../errors.js";
import { assertCount } from "../log/assert-limits.js";
import type { EventLog } from "../log/event-log.js";
import { assertOffsetIn } from "../replay/assert-offset-in.js";
import { assertBegins, type RecordStep, recordStepsFrom } from "../replay/record-steps.js";
import { assertStore } from "./assert-store.js";
import { planRevert, type RevertPlan, type RevertTarget, revertEvents } from "./plan-revert.js";
import { retryConflicts } from "./retry-conflicts.js";
import type { ChangeResult, SessionStore } from "./session-store.js";

export interface RevertOptions {
  readonly reason?: string;
  readonly actor?: string;
  /** The version that the session's stream must have, as when a preview was made; otherwise ConflictError, no retry. */
  readonly expectedVersion?: number;
}

const REVERT_OPTIONS: KnownOptions<RevertOptions> = { reason: true, actor: true, expectedVersion: true };

export interface Reverted extends RevertPlan {
  readonly events: ChangeResult["events"];
}

/** What {@link revertSession} would do now. Writes nothing. @throws as it does */
export async function previewRevert(store: SessionStore, id: string, target: RevertTarget): Promise<RevertPlan> {
  assertStore(store);
  const plan = planRevert(id, await stepsFor(store.log, id, target), target);
  revertEvents(id, plan, {});
  return plan;
}

/**
 * Takes back one event, or everything after a point, by a new event; nothing is erased, and the new event can be taken
 * back like any other. Places that a later event changed too are conflicts: they keep their value unless forced.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, EVENT_NOT_FOUND, POINT_OUTSIDE; RuleError SESSION_DELETED, REVERT_CONFLICT;
 *   ConflictError; UsageError ARGUMENT_INVALID
 */
export async function revertSession(
  store: SessionStore,
  id: string,
  target: RevertTarget,
  options: RevertOptions = {},
): Promise<Reverted> {
  assertStore(store);
  assertOptions("revertSession (previewRevert writes nothing)", options, REVERT_OPTIONS);
  const attempt = () => revertOnce(store, id, target, options);
  return options.expectedVersion === undefined ? retryConflicts(attempt) : attempt();
}

async function stepsFor(log: EventLog, id: string, target: RevertTarget): Promise<RecordStep[]> {
  assertTarget(target);
  if (!("to" in target)) return recordStepsFrom(log, id, target.event);
  await assertBegins(log, id);
  await assertOffsetIn(log, target.to);
  return recordStepsFrom(log, id, target.to);
}

/** Not every caller is checked by a compiler. @throws UsageError ARGUMENT_INVALID, TypeError */
function assertTarget(target: RevertTarget): void {
  const isObject = typeof target === "object" && target !== null;
  if (isObject && "to" in target) {
    assertOptions("a revert to a point", target, { to: true });
    return;
  }
  if (isObject) assertOptions("a revert of an event", target, { event: true, upTo: true, force: true });
  if (isObject && Number.isInteger(target.event)) {
    const { event, upTo = event } = target;
    if (Number.isInteger(upTo) && upTo >= event) return;
  }
  throw new UsageError("ARGUMENT_INVALID", "what is reverted is { event } or { event, upTo }, or { to }: offsets", {
    hint: "an event of the session's log, and upTo none before it; or the last offset that stays",
  });
}

/** Decided on one version of the session: when somebody was faster, conflicts have to be looked for again. */
async function revertOnce(
  store: SessionStore,
  id: string,
  target: RevertTarget,
  options: RevertOptions,
): Promise<Reverted> {
  const steps = await stepsFor(store.log, id, target);
  const plan = planRevert(id, steps, target);
  const events = revertEvents(id, plan, options);
  const version = steps.at(-1)?.event.version ?? 0;
  const { expectedVersion = version } = options;
  assertCount("expectedVersion", expectedVersion, 0);
  if (expectedVersion !== version) throw new ConflictError(sessionStream(id), expectedVersion, version);
  const result = await store.change(id, () => events, { ...options, expectedVersion });
  return { ...plan, events: result.events };
}
