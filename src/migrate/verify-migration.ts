import { IntegrityError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { LogWalk } from "./log-walk.js";
import { tailAt } from "./relation.js";
import { type AnyProjection, differingStates, type StateDigests } from "./state-digests.js";

const MAX_NAMED = 5;

export interface VerifyMigrationOptions {
  readonly projections: readonly AnyProjection[];
  /** Over the target, as far as it has come: only what is behind that is read. */
  readonly walk?: LogWalk | undefined;
  /** Asked where they differ: the states of the source anew, where data was erased there since. */
  readonly sourceAgain?: () => Promise<StateDigests | undefined>;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the whole target up to `tail` back: it must have the source's hash there, its own chain must be right, and its
 * folded states must be those of the source. Never counts alone.
 *
 * @returns how many documents were compared
 * @throws IntegrityError MIGRATION_MISMATCH with what differs, CHAIN_BROKEN, or what reading found
 */
export async function verifyMigration(
  target: EventLog,
  tail: Tail,
  sourceStates: StateDigests,
  options: VerifyMigrationOptions,
): Promise<number> {
  const there = await tailAt(target, tail.offset);
  if (there.hash !== tail.hash) {
    throw mismatch(`at offset ${tail.offset} the source has the hash ${tail.hash}, the target ${there.hash}`);
  }
  const { projections, walk = new LogWalk(target, projections), sourceAgain, onProgress, signal } = options;
  await walk.advance(tail.offset, { onProgress, signal });
  const states = walk.digests();
  const areSame = differingStates(sourceStates, states).length === 0;
  if (!areSame) assertSameStates((await sourceAgain?.()) ?? sourceStates, states);
  return states.size;
}

/**
 * Both walks have come to the same offset: the hashes there and all folded states must be equal.
 *
 * @returns how many documents were compared
 * @throws IntegrityError MIGRATION_MISMATCH
 */
export function compareWalks(source: LogWalk, target: LogWalk): number {
  const { offset, hash } = source.tail;
  if (target.tail.hash !== hash) {
    throw mismatch(`at offset ${offset} the source has the hash ${hash}, the target ${target.tail.hash}`);
  }
  const states = source.digests();
  assertSameStates(states, target.digests());
  return states.size;
}

function assertSameStates(source: StateDigests, target: StateDigests): void {
  const different = differingStates(source, target);
  if (different.length > 0) throw mismatch(`the folded states differ: ${named(different)}`);
}

function named(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? `, and ${names.length - MAX_NAMED} more` : "";
  return names.slice(0, MAX_NAMED).join(", ") + more;
}

function mismatch(what: string): IntegrityError {
  return new IntegrityError("MIGRATION_MISMATCH", what, {
    hint: "check both with: sessiondb verify; what the migration had written was taken back, where that was possible",
  });
}
