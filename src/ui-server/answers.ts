import type { CollabHitsAsIs } from "../collab/search.js";
import type { BisectResult } from "../inspect/bisect.js";
import type { BlameEntry } from "../inspect/blame.js";
import type { Change } from "../inspect/changes.js";
import type { CollabChanges } from "../inspect/collab-changes.js";
import type { CollabContent } from "../inspect/collab-content.js";
import type { SessionDiff } from "../inspect/diff.js";
import type { EventItem } from "../inspect/event-item.js";
import type { EventRow } from "../inspect/event-rows.js";
import type { PastCollabSession, PastPage } from "../inspect/past-collab.js";
import type { PastArtifact, PastChunk, PastMemory, PastTask } from "../inspect/past-collab-shapes.js";
import type { PathHistory } from "../inspect/path-history.js";
import type { ProjectionCheck, ProjectionState } from "../inspect/projections.js";
import type { FoundEvents } from "../inspect/search-events.js";
import type { SignedTails } from "../inspect/signed-tails.js";
import type { StoreSizes } from "../inspect/store-sizes.js";
import type { ActorTypes } from "../inspect/timeline/actor-types.js";
import type { ChainStatus } from "../inspect/timeline/chain-watch.js";
import type { Density } from "../inspect/timeline/density.js";
import type { Facets } from "../inspect/timeline/facets.js";
import type { Heat } from "../inspect/timeline/heat.js";
import type { Lanes } from "../inspect/timeline/lanes.js";
import type { LogTrouble } from "../inspect/timeline/log-trouble.js";
import type { SessionRows } from "../inspect/timeline/session-rows.js";
import type { Sizes } from "../inspect/timeline/sizes.js";
import type { WakeUp } from "../inspect/timeline/wake-ups.js";
import type { Json } from "../log/canonical.js";
import type { Tail } from "../log/seal.js";
import type { JournalEntry } from "../migrate/journal-entry.js";
import type { Staleness } from "../outbox/staleness.js";
import type { RevertPlan } from "../session/plan-revert.js";

export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** How far the server is with the log. */
export interface LiveStatus {
  /** Each server has one of its own: what another one told may be of another store. */
  readonly server: string;
  /** Events that the pictures know; less than `tail` while it reads up. */
  readonly indexed: number;
  readonly tail: number;
  /** Rises when the log was cut back, or data was erased: everything that the page knows may be wrong. */
  readonly generation: number;
  readonly trouble: LogTrouble | null;
  /** Set while a server is away and all this comes from the copy on this machine. */
  readonly stale: Staleness | null;
  /** Where the log goes on since a cut-over; null where it is not frozen, or nobody can tell. */
  readonly movedTo: string | null;
}

export interface HelloAnswer extends LiveStatus {
  readonly schema: "ui-hello/1";
  /** The address of the store, without passwords. */
  readonly store: string;
  readonly version: string;
  /** Where the command said to begin; null: at the end. */
  readonly at: number | null;
  readonly allowWrite: boolean;
  /** Who would act; null where nobody may. */
  readonly actor: string | null;
  /** To be sent with every act; null where nobody may. */
  readonly actKey: string | null;
}

/** All answers name the last offset at which they are true. */
interface AsOf<Schema extends string> {
  readonly schema: Schema;
  readonly offset: number;
}

export interface ShownMark {
  readonly name: string;
  readonly offset: number;
  readonly actor: string;
  readonly reason: string | null;
  readonly setAt: string;
}

export type DensityAnswer = AsOf<"ui-density/1"> & Density;
export type LanesAnswer = AsOf<"ui-lanes/1"> & Lanes;
export type HeatAnswer = AsOf<"ui-heat/1"> & Heat;
export type MatrixAnswer = AsOf<"ui-matrix/1"> & ActorTypes;
export type FacetsAnswer = AsOf<"ui-facets/1"> & Facets;
export type SizesAnswer = AsOf<"ui-sizes/1"> & Sizes;
export type MarksAnswer = AsOf<"ui-marks/1"> & { readonly marks: readonly ShownMark[] };
export type SessionsAnswer = AsOf<"ui-sessions/1"> & SessionRows & { readonly at: number };
export type SearchAnswer = AsOf<"ui-search/1"> & FoundEvents;
export type PointAnswer = AsOf<"ui-point/1"> & { readonly at: number; readonly meaning: string };

export interface EventsAnswer extends AsOf<"ui-events/1"> {
  readonly rows: readonly EventRow[];
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
}

export interface StateAnswer extends AsOf<"ui-state/1"> {
  readonly at: number;
  readonly session: string;
  /** 0 where it had no events by then. */
  readonly version: number;
  /** null where there was no such session, or it was deleted. */
  readonly record: Json;
  readonly deleted: { readonly offset: number; readonly at: string; readonly actor: string } | null;
  readonly updatedAt: string | null;
  readonly lastOffset: number;
  readonly lastActor: string | null;
  readonly faults: ReadonlyArray<{ readonly offset: number; readonly why: string }>;
  readonly faultCount: number;
}

export interface StatesAnswer extends AsOf<"ui-states/1"> {
  readonly at: number;
  readonly total: number;
  readonly rows: ReadonlyArray<{
    readonly session: string;
    readonly version: number;
    readonly lastOffset: number;
    readonly lastActor: string;
    readonly updatedAt: string;
    readonly isDeleted: boolean;
    readonly faultCount: number;
    /** Fields of the record that are texts, numbers or booleans, cut where they are long. */
    readonly fields: Readonly<Record<string, string>>;
  }>;
}

export interface StepAnswer extends AsOf<"ui-step/1"> {
  readonly row: EventRow;
  readonly changes: readonly Change[];
  readonly fault: string | null;
}

export interface EventAnswer extends AsOf<"ui-event/1"> {
  /** The event as JSON has it. */
  readonly event: Record<string, unknown>;
  readonly item: EventItem;
  readonly dataHash: string;
  readonly prevHash: string;
  readonly chainOk: boolean;
  /** UTF-8 bytes of the line that a JSONL log has of it. */
  readonly lineBytes: number;
}

export type DiffAnswer = AsOf<"ui-diff/1"> & Pick<SessionDiff, "session" | "from" | "to" | "events" | "changes">;
export type BlameAnswer = AsOf<"ui-blame/1"> & { readonly at: number; readonly entries: readonly BlameEntry[] };
export type HistoryAnswer = AsOf<"ui-history/1"> & PathHistory;
export type BisectAnswer = AsOf<"ui-bisect/1"> & BisectResult;
export type ShownMigration = JournalEntry & { readonly shown: JournalEntry["state"] | "interrupted" };

export interface MigrationsAnswer extends AsOf<"ui-migrations/1"> {
  /** Oldest first. */
  readonly migrations: readonly ShownMigration[];
  readonly unreadable: readonly string[];
}

export type CollabsAnswer = AsOf<"ui-collabs/1"> & PastPage<PastCollabSession> & { readonly at: number };

export interface CollabAnswer extends AsOf<"ui-collab/1"> {
  readonly at: number;
  /** recordedAt of the event at `at`; null before the first. What leases are compared with. */
  readonly time: string | null;
  /** null where nothing of it was there by then. */
  readonly found: PastCollabSession | null;
}

/** The rows of a list in a collaborative session. */
type PartAnswer<Kind extends string, T> = AsOf<"ui-collab-parts/1"> &
  PastPage<T> & { readonly at: number; readonly session: string; readonly kind: Kind };
export type ChunksAnswer = PartAnswer<"chunk", PastChunk>;
export type MemoriesAnswer = PartAnswer<"memory", PastMemory>;
export type TasksAnswer = PartAnswer<"task", PastTask>;
export type ArtifactsAnswer = PartAnswer<"artifact", PastArtifact>;

/** `offset`: everything up to there was searched; `tail`: where the log ends. */
export type CollabSearchAnswer = AsOf<"ui-collab-search/1"> & CollabHitsAsIs & { readonly text: string };
export type CollabContentAnswer = AsOf<"ui-collab-content/1"> & CollabContent & { readonly at: number };
export type CollabChangesAnswer = AsOf<"ui-collab-changes/1"> & CollabChanges & { readonly at: number };

export type ChainAnswer = AsOf<"ui-chain/1"> & ChainStatus;

/** Where the command named a file of signatures: what it says, or why that cannot be known. */
export interface SignedAnswer {
  readonly file: string;
  readonly error: ErrorAnswer["error"] | null;
  readonly found: SignedTails | null;
}

export interface IntegrityAnswer extends AsOf<"ui-integrity/1"> {
  readonly tail: Tail;
  /** Where the log goes on since a cut-over; null where it is not frozen. */
  readonly movedTo: string | null;
  readonly signed: SignedAnswer | null;
  readonly wakeUps: readonly WakeUp[];
  readonly hasSizes: boolean;
}

export type ProjectionsAnswer = AsOf<"ui-projections/1"> & { readonly items: readonly ProjectionState[] };
export type ProjectionCheckAnswer = AsOf<"ui-projection-check/1"> & { readonly check: ProjectionCheck };
/** null where of this kind of store nothing is known. */
export type StoreSizesAnswer = AsOf<"ui-store-sizes/1"> & { readonly sizes: StoreSizes | null };

export interface RevertAnswer extends AsOf<"ui-revert/1"> {
  readonly session: string;
  readonly version: number;
  readonly changes: readonly Change[];
  readonly conflicts: RevertPlan["conflicts"];
  /** Offsets of the events that were written; empty for a preview. */
  readonly written: readonly number[];
}

/** One message of the live feed; its id is `to`. */
export interface AppendedMessage {
  /** Inclusive. */
  readonly from: number;
  readonly to: number;
  /** The newest of them, oldest first. */
  readonly rows: readonly EventRow[];
}
