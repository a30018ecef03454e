import { assertOptions } from "../config/known-options.js";
import { NotFoundError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { redactionUnsupported } from "../log/redaction.js";
import { defaultActor } from "../session/default-actor.js";
import { retryConflicts } from "../session/retry-conflicts.js";
import type { ErasureTarget } from "./erasure-target.js";
import { type ErasurePlan, planErasure } from "./plan-erasure.js";

export interface EraseOptions {
  /** Default: SESSIONDB_ACTOR, MINSKY_ACTOR, else user@host. */
  readonly actor?: string;
  /** It stays for ever. */
  readonly reason?: string;
}

export interface Erased extends ErasurePlan {
  /** What was appended, the record of the redaction last. */
  readonly appended: readonly SealedEvent[];
}

/**
 * Erases data for good, and records it, in one step: of events, of the values at a place of the record, or of a session,
 * which is deleted with it. The chain verifies as before. There is no way back.
 *
 * Names stay, because the chain holds them: of streams (so the ids of sessions), types, actors, and what stands in meta,
 * such as reasons. `remains` says where the data may still be.
 *
 * @throws as {@link planErasure}; NotFoundError NOTHING_TO_ERASE where all of it was erased before; RefusedError
 *   REDACTION_UNSUPPORTED by a backend that cannot; and as `EventLog.redact`
 */
export async function erase(log: EventLog, target: ErasureTarget, options: EraseOptions = {}): Promise<Erased> {
  assertLog(log);
  assertOptions("erase (planErasure writes nothing)", options, { actor: true, reason: true });
  const { actor = defaultActor(), reason } = options;
  if (log.redact === undefined) throw redactionUnsupported(log.url);
  // Decided again where somebody changed a session meanwhile whose record is to be stated again.
  return retryConflicts(async () => {
    const plan = await planErasure(log, target, reason === undefined ? {} : { reason });
    if (plan.request === undefined) throw nothingLeft(plan);
    const result = await log.redact?.(plan.request, { actor });
    return { ...plan, appended: result?.events ?? [], remains: [...(result?.remains ?? []), ...plan.remains] };
  });
}

function nothingLeft({ subject, erasedBefore }: ErasurePlan): NotFoundError {
  return new NotFoundError("NOTHING_TO_ERASE", `${subject}: all ${erasedBefore} events were erased before`, {
    hint: "the records say when and why: sessiondb events list --type store.redacted",
  });
}
