import type { Tail } from "../log/seal.js";
import type { Relation } from "./relation.js";
import type { StateDigests } from "./state-digests.js";

/** An event as it is shown to people. */
export interface ShownEvent {
  readonly offset: number;
  readonly recordedAt: string;
  readonly actor: string;
  readonly type: string;
  readonly stream: string;
  readonly hash: string;
}

/** Where two logs part: the first events that differ, and what was written on each side since. */
export interface Divergence {
  /** The last offset that both have with the same hash; 0: they have nothing in common. */
  readonly lastCommonOffset: number;
  readonly source: ShownEvent;
  readonly target: ShownEvent;
  /** Events behind the last common one. */
  readonly sourceEvents: number;
  readonly targetEvents: number;
  /** Streams that both sides have changed since, with the events of each; sorted by stream. */
  readonly conflicts: readonly StreamConflict[];
}

export interface StreamConflict {
  readonly stream: string;
  readonly sourceEvents: number;
  readonly targetEvents: number;
}

/** Something that keeps a plan from being executed. `code` is that of the error that executing it throws. */
export interface Obstacle {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** LOG_MOVED: the address that the target was frozen for. */
  readonly movedTo?: string;
}

/**
 * What a migration would do, found out by reading only. The chain of the source was recomputed up to `source.tail`: a
 * source that is damaged gives no plan.
 */
export interface MigrationPlan {
  readonly source: { readonly url: string; readonly tail: Tail };
  /** `exists` is false where there is no log yet: it is made when the plan is executed. */
  readonly target: { readonly url: string; readonly tail: Tail; readonly exists: boolean };
  readonly relation: Relation;
  readonly divergence?: Divergence;
  /** Offsets to copy, inclusive; nothing where `from` is greater than `to`. */
  readonly from: number;
  readonly to: number;
  readonly events: number;
  /** As lines of JSONL. */
  readonly bytes: number;
  /** Sessions that have an event among them. */
  readonly sessions: number;
  /** Values that a backend could refuse or change: the first ten, and how many there are. */
  readonly unstorable: readonly { readonly offset: number; readonly why: string }[];
  readonly unstorableCount: number;
  /** Of the target; undefined where nobody can say. */
  readonly freeBytes?: number;
  /** Rough, from how long reading and checking the source took, and from how fast the target answers. */
  readonly estimatedMs: number;
  /** Cutting the target back to it undoes the migration. */
  readonly rollbackPoint: Tail;
  /** Empty where the plan can be executed. */
  readonly obstacles: readonly Obstacle[];
  /** What is worth knowing before it is executed. */
  readonly risks: readonly string[];
  /** Changes that events undergo on the way: always none, because every backend holds the same bytes. */
  readonly transformations: readonly string[];
  /** What the documents of the source are, for comparing with the target's afterwards. */
  readonly states: StateDigests;
}
