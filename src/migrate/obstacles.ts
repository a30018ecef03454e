import {
  DivergedError,
  InvalidEventError,
  MovedError,
  type SessionDbError,
  StorageError,
  UsageError,
} from "../errors.js";
import { shellWord } from "../log/shell-word.js";
import type { StoreProbe } from "../log/store-probe.js";
import type { Divergence, MigrationPlan, Obstacle, ShownEvent } from "./migration-plan.js";
import type { Relation } from "./relation.js";
import { storeOption } from "./store-option.js";
import type { Survey } from "./survey.js";

interface Circumstances {
  readonly source: string;
  readonly target: string;
  readonly relation: Relation;
  readonly divergence: Divergence | undefined;
  readonly found: Survey;
  readonly probe: StoreProbe;
  /** The address that the target is frozen for; null where it takes writers. */
  readonly movedTo: string | null;
}

/** Everything that keeps a migration from being executed, the most telling first. */
export function obstaclesOf(circumstances: Circumstances): Obstacle[] {
  const { source, target, relation, divergence, found, probe, movedTo } = circumstances;
  const { unstorable, unstorableCount, events, bytes } = found;
  const [first] = unstorable;
  return [
    relation.kind === "ahead" ? aheadOf(source, target, relation) : undefined,
    divergence === undefined ? undefined : divergedAt(source, target, divergence),
    movedTo === null ? undefined : frozen(target, movedTo),
    first === undefined ? undefined : unstorableAt(first, unstorableCount),
    events > 0 && probe.writeFault !== undefined ? readOnly(target, probe.writeFault) : undefined,
    probe.freeBytes !== undefined && probe.freeBytes < bytes ? tooFull(target, bytes, probe.freeBytes) : undefined,
  ].filter((obstacle) => obstacle !== undefined);
}

function aheadOf(source: string, target: string, relation: Relation): Obstacle {
  const more = relation.target.offset - relation.source.offset;
  return {
    code: "LOGS_DIVERGED",
    message: `${target} has all events of ${source} and ${more} more`,
    hint: `copy in the other direction: sessiondb migrate${storeOption("--from", target)}${storeOption("--to", source)}`,
  };
}

function divergedAt(source: string, target: string, divergence: Divergence): Obstacle {
  const { lastCommonOffset, sourceEvents, targetEvents } = divergence;
  const there = `${sourceEvents} more events in the source, the first ${described(divergence.source)}`;
  const here = `${targetEvents} in the target, the first ${described(divergence.target)}`;
  return {
    code: "LOGS_DIVERGED",
    message: `${source} and ${target} are the same up to offset ${lastCommonOffset} and differ after it: ${there}; ${here}`,
    hint: "nothing was written; name what shall become of it: --on-conflict source-wins, target-wins or rebase",
  };
}

/** Also where nothing is to be copied: a cut-over back would leave two logs that send their writers to each other. */
function frozen(target: string, movedTo: string): Obstacle {
  const { code, message } = new MovedError(target, movedTo);
  const back = `sessiondb rollback last --force${storeOption("--to", movedTo)}`;
  return {
    code,
    message,
    hint: `to go on there again: ${back}, which thaws it and names a file; then: sessiondb restore FILE --to ${shellWord(target)}, which brings what was written since`,
    movedTo,
  };
}

function described({ type, stream, actor, recordedAt }: ShownEvent): string {
  return `${type} of ${stream} by ${actor} at ${recordedAt}`;
}

function unstorableAt({ offset, why }: { offset: number; why: string }, count: number): Obstacle {
  const more = count > 1 ? `, and ${count - 1} more` : "";
  return {
    code: "VALUE_UNSTORABLE",
    message: `the event at offset ${offset} cannot be held the same everywhere: ${why}${more}`,
    hint: "this log was written by another program; such events can be brought in through an importer",
  };
}

function readOnly(target: string, why: string): Obstacle {
  return {
    code: "STORAGE_READ_ONLY",
    message: `${target}: ${why}`,
    hint: "let this user write there, or choose another target",
  };
}

function tooFull(target: string, needed: number, free: number): Obstacle {
  return {
    code: "DISK_FULL",
    message: `${target}: ${needed} bytes are to be written at least, ${free} are free`,
    hint: "free some space, or choose another target",
  };
}

/**
 * Logs that have diverged are no obstacle where it is said what shall become of them.
 *
 * @throws SessionDbError the first thing that keeps the plan from being executed
 */
export function assertExecutable(plan: MigrationPlan, onConflict: string): void {
  const decided = plan.divergence !== undefined && onConflict !== "abort";
  const obstacle = plan.obstacles.find(({ code }) => !(decided && code === "LOGS_DIVERGED"));
  if (obstacle !== undefined) throw obstacleError(obstacle, plan.target.url, plan.relation.common);
}

function obstacleError(obstacle: Obstacle, target: string, lastCommonOffset: number): SessionDbError {
  const { code, message, hint, movedTo } = obstacle;
  switch (code) {
    case "LOG_MOVED":
      return new MovedError(target, movedTo ?? "", { hint });
    case "LOGS_DIVERGED":
      return new DivergedError(message, lastCommonOffset, { hint });
    case "VALUE_UNSTORABLE":
      return new InvalidEventError(code, message, "", { hint });
    case "DISK_FULL":
    case "STORAGE_READ_ONLY":
      return new StorageError(code, message, { hint });
    default:
      return new UsageError(code, message, { hint });
  }
}
