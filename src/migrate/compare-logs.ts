import { DivergedError, IntegrityError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { DEFAULT_PROJECTIONS } from "./plan-migration.js";
import { type Relation, relate } from "./relation.js";
import { type AnyProjection, differingStates } from "./state-digests.js";
import { survey } from "./survey.js";

export interface CompareOptions {
  readonly projections?: readonly AnyProjection[];
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface LogComparison {
  readonly relation: Relation;
  /** Documents that were folded from both, up to the last common offset, and are equal. */
  readonly states: number;
}

/**
 * Verifies a migration again, long after it: both chains are recomputed, and the states that both give at the last
 * offset that they share are compared. Either side may have gone on since, but not both. Writes nothing.
 *
 * @throws DivergedError both have gone on on their own; IntegrityError a chain is broken, or MIGRATION_MISMATCH
 */
export async function compareLogs(a: EventLog, b: EventLog, options: CompareOptions = {}): Promise<LogComparison> {
  const { projections = DEFAULT_PROJECTIONS, ...rest } = options;
  const relation = await relate(a, b);
  if (relation.kind === "diverged") {
    const message = `${a.url} and ${b.url} are the same up to offset ${relation.common} and differ after it`;
    throw new DivergedError(message, relation.common, { hint: "sessiondb migrate --preview shows both sides" });
  }
  const range = { to: relation.common, after: relation.common, projections, ...rest };
  const [left, right] = [await survey(a, range), await survey(b, range)];
  const different = differingStates(left.states, right.states);
  if (different.length === 0) return { relation, states: left.states.size };
  throw new IntegrityError("MIGRATION_MISMATCH", `the folded states differ: ${different.slice(0, 5).join(", ")}`, {
    hint: "check both with: sessiondb verify",
  });
}
