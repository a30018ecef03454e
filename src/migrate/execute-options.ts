import type { SwitchedConfig } from "./journal-entry.js";
import type { MigrationReport } from "./migration-report.js";
import { DEFAULT_PROJECTIONS } from "./plan-migration.js";
import type { AnyProjection } from "./state-digests.js";

/** What becomes of a target that has diverged: nothing, the source's events, its own, or both one behind the other. */
export type OnConflict = "abort" | "source-wins" | "target-wins" | "rebase";

export interface MigrationProgress {
  readonly phase: "checking" | "copying" | "verifying" | "saving";
  /** Events done and events to do, in this phase. */
  readonly done: number;
  readonly total: number;
}

/** Enters in the journal what is being switched. @throws as writing to the target does */
export type NoteSwitch = (switched: SwitchedConfig | null) => Promise<void>;

export interface ExecuteOptions {
  /** For the journal. */
  readonly actor: string;
  /** Where events that are cut from the target are saved first. */
  readonly saveFolder: string;
  /** Default "abort". */
  readonly onConflict?: OnConflict;
  /** The same as for the plan. */
  readonly projections?: readonly AnyProjection[];
  /** Events of one batch, at least; an append is never divided. Default 2,000; 5,000 into Postgres; 50,000 from SQLite into Postgres. */
  readonly batchEvents?: number;
  /** Copies that were made beforehand, for the journal. */
  readonly backups?: readonly string[];
  readonly onProgress?: (progress: MigrationProgress) => void;
  /** Called again and again within a batch, where it is read piece by piece: for whoever minds the memory. */
  readonly onPiece?: () => void;
  /** Ends the migration between two batches, so that it can be gone on with. */
  readonly signal?: AbortSignal;
  /**
   * The source is frozen at the end, so that its writers go on in the target; it must be open for writing. They may write
   * until then: what they write meanwhile is copied too.
   */
  readonly cutover?: boolean;
  /**
   * Called when all is verified, before the migration is entered as done; what it has switched is entered too. It calls
   * `note` before it switches, with what it is about to switch, and with null where that failed: killed in between, the
   * journal knows the way back. Default: nothing is switched.
   */
  readonly switchConfig?: (report: MigrationReport, note: NoteSwitch) => Promise<SwitchedConfig | undefined>;
}

/** How the verification at the end of such a migration goes. */
export function verifyOptions({ projections = DEFAULT_PROJECTIONS, onProgress, signal }: ExecuteOptions) {
  const tell = (done: number, total: number) => onProgress?.({ phase: "verifying", done, total });
  return { projections, onProgress: tell, signal };
}
