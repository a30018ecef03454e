import type { KnownOptions } from "../config/known-options.js";
import type { PointLike } from "../inspect/point.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import type { Tail } from "../log/seal.js";
import type { ExecuteOptions } from "../migrate/execute-options.js";
import type { MigrationPlan, Obstacle } from "../migrate/migration-plan.js";
import type { RestorePlan } from "../migrate/restore-file.js";
import type { AnyProjection } from "../migrate/state-digests.js";
import type { RestorePoint } from "./restore-point.js";
import type { Since } from "./since.js";
import type { StoreName } from "./store-address.js";

export interface MigratorOptions {
  /** Who migrates, for the journal. Default: SESSIONDB_ACTOR, MINSKY_ACTOR, else user@host. */
  readonly actor?: string;
  /** Where cut events are saved. Default `$XDG_STATE_HOME/minsky/rollbacks`. */
  readonly saveFolder?: string;
  /** Where appends wait for servers that were away: a plan names them as a risk. Default `$XDG_STATE_HOME/minsky/outbox`. */
  readonly outboxRoot?: string;
  /** What the states of both sides are compared by. Default: sessions, and the settings of the store. */
  readonly projections?: readonly AnyProjection[];
  /** How logs are opened: limits, notices. They count before what a name or a configuration of a store brings with it. */
  readonly open?: OpenLogOptions;
}

export interface PlanRequest {
  /** Only what the source has written since: an offset, a time, `2h`, the id of a migration, or `last`. */
  readonly since?: string;
  readonly onSince?: (since: Since) => void;
  readonly onProgress?: ExecuteOptions["onProgress"];
  readonly signal?: AbortSignal;
}

export type ExecuteRequest = Pick<
  ExecuteOptions,
  "onConflict" | "batchEvents" | "backups" | "onProgress" | "onPiece" | "signal" | "switchConfig" | "cutover"
> & {
  /**
   * When all is verified, the file of configuration that names the source is made to name the target; see planConfigSwitch.
   * Default false.
   */
  readonly updateConfig?: boolean;
};

export interface RollbackRequest {
  /** The log that was migrated into: its journal knows the migration. */
  readonly target: StoreName;
  /** Cut less: events up to this offset stay (inclusive). */
  readonly toOffset?: number;
  /** Cut also what others have appended since; it is saved with the rest. */
  readonly force?: boolean;
  /** The source of a cut-over, which is thawed. Default: the address in the journal, which has no password. */
  readonly source?: StoreName;
  /** Stops it before anything is cut, switched or thawed: the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Compatibility {
  readonly compatible: boolean;
  readonly relation: MigrationPlan["relation"]["kind"];
  /** What keeps the migration from being executed. */
  readonly problems: readonly Obstacle[];
  /** What is worth knowing. */
  readonly warnings: readonly string[];
}

export interface EndsBackup {
  readonly from: StoreName;
  readonly to: StoreName;
  readonly plan: MigrationPlan;
  /** The files are made in it, and it is made where it is missing. */
  readonly folder: string;
}

export interface RestoreRequest {
  /** Restore as it was at this point: an offset (inclusive), a time, `HEAD~3` or `mark:NAME`. Default: all of the file. */
  readonly asOf?: PointLike;
  readonly onAsOf?: (point: RestorePoint) => void;
  readonly dryRun?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Restored {
  readonly plan: RestorePlan;
  /** Of the journal entry; null where nothing was written. */
  readonly id: string | null;
  /** The target's tail now. */
  readonly tail: Tail;
}

export const MIGRATOR_OPTIONS: KnownOptions<MigratorOptions> = {
  actor: true,
  saveFolder: true,
  outboxRoot: true,
  projections: true,
  open: true,
};

/** One object may be given to both, to plan and to execute. */
export const MIGRATION_REQUEST: KnownOptions<PlanRequest & ExecuteRequest> = {
  since: true,
  onSince: true,
  onConflict: true,
  batchEvents: true,
  backups: true,
  onProgress: true,
  onPiece: true,
  signal: true,
  switchConfig: true,
  cutover: true,
  updateConfig: true,
};

export const ROLLBACK_REQUEST: KnownOptions<RollbackRequest> = {
  target: true,
  toOffset: true,
  force: true,
  signal: true,
  source: true,
};

export const RESTORE_REQUEST: KnownOptions<RestoreRequest> = {
  asOf: true,
  onAsOf: true,
  dryRun: true,
  onProgress: true,
};
