import { probeStore } from "../backends/unopened-store.js";
import { assertOptions } from "../config/known-options.js";
import { outboxRoot, rollbackFolder } from "../config/paths.js";
import type { StoreSwitch } from "../config/switch-store.js";
import { defined } from "../defined.js";
import { UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { traced } from "../log/telemetry.js";
import { typeName } from "../log/type-name.js";
import { type CompareOptions, compareLogs, type LogComparison } from "../migrate/compare-logs.js";
import { executeMigration } from "../migrate/execute-migration.js";
import type { ExecuteOptions } from "../migrate/execute-options.js";
import type { MigrationPlan } from "../migrate/migration-plan.js";
import type { MigrationReport } from "../migrate/migration-report.js";
import { assertExecutable } from "../migrate/obstacles.js";
import { planMigration } from "../migrate/plan-migration.js";
import { planRollback, type RollbackPlan } from "../migrate/plan-rollback.js";
import { type RollbackReport, rollBack } from "../migrate/roll-back.js";
import { shownUrl } from "../open-log.js";
import { defaultActor } from "../session/default-actor.js";
import { assertNoCopy } from "./assert-no-copy.js";
import { backUpEnds } from "./back-up-ends.js";
import {
  type ConfigSwitchPlan,
  planConfigSwitch,
  switchConfig,
  switchConfigAgain,
  switchConfigBack,
} from "./config-switch.js";
import { addressOf } from "./migration-ends.js";
import {
  type Compatibility,
  type EndsBackup,
  type ExecuteRequest,
  MIGRATION_REQUEST,
  MIGRATOR_OPTIONS,
  type MigratorOptions,
  type PlanRequest,
  RESTORE_REQUEST,
  type Restored,
  type RestoreRequest,
  ROLLBACK_REQUEST,
  type RollbackRequest,
} from "./migrator-requests.js";
import { MigratorStores } from "./migrator-stores.js";
import { outboxRisks } from "./outbox-risks.js";
import { restoreStore } from "./restore-store.js";
import { assertNoGap, resolveSince } from "./since.js";
import { followedAddress, type StoreName, type StorePlace, storePlace } from "./store-address.js";

interface Ends {
  readonly source: StorePlace;
  readonly target: StorePlace;
}

/**
 * Migrates logs between backends, in any direction: plans, executes, verifies, and rolls back. Stores are named by their
 * address (`sqlite:PATH`), the name of a backend (`sqlite`), or a documented configuration. The source is opened for
 * reading only, but for a cut-over, which freezes it; the target is opened for writing when the plan holds, and not before.
 */
export class CrossDatabaseMigrator {
  readonly #actor: string;
  readonly #saveFolder: string;
  readonly #options: MigratorOptions;
  readonly #stores: MigratorStores;
  /** Plans show addresses without passwords; these are the ones to open. */
  readonly #ends = new WeakMap<MigrationPlan, Ends>();

  constructor(options: MigratorOptions = {}) {
    assertOptions("CrossDatabaseMigrator", options, MIGRATOR_OPTIONS);
    this.#options = options;
    this.#stores = new MigratorStores(options.open);
    this.#actor = options.actor ?? defaultActor();
    this.#saveFolder = options.saveFolder ?? rollbackFolder(process.env);
  }

  /**
   * Whether the source could be migrated into the target as they are now. Reads both, writes nothing.
   *
   * @throws IntegrityError the source is damaged; NotFoundError LOG_NOT_FOUND there is no source
   */
  async validateCompatibility(source: StoreName, target: StoreName): Promise<Compatibility> {
    const { relation, obstacles, risks } = await this.planMigration(source, target);
    return { compatible: obstacles.length === 0, relation: relation.kind, problems: obstacles, warnings: risks };
  }

  /**
   * What migrating would do. Reads both sides and writes nothing at all: a target that is not there yet is not made.
   *
   * @throws IntegrityError the source is damaged, and where; NotFoundError LOG_NOT_FOUND there is no source
   * @throws UsageError TARGET_IS_SOURCE, TARGET_MISSING; RefusedError SINCE_GAP; whatever opening throws
   */
  async planMigration(source: StoreName, target: StoreName, request: PlanRequest = {}): Promise<MigrationPlan> {
    assertTwoNamed(source, target);
    assertOptions("planMigration", request, MIGRATION_REQUEST);
    const ends = { source: storePlace(source), target: storePlace(target) };
    assertTwo(ends);
    const plan = await this.#stores.reading(ends.source, async (from) => {
      const to = await this.#stores.openIfThere(ends.target);
      try {
        return await this.#plan(from, to, ends, request);
      } finally {
        await to?.close();
      }
    });
    this.#ends.set(plan, ends);
    return plan;
  }

  /**
   * Executes a plan of this migrator. See executeMigration for what is promised, also when it is killed.
   *
   * @throws as executeMigration
   */
  async executeMigration(plan: MigrationPlan, request: ExecuteRequest = {}): Promise<MigrationReport> {
    assertOptions("executeMigration (planMigration writes nothing)", request, MIGRATION_REQUEST);
    const ends = this.#endsOf(plan);
    const { projections } = this.#options;
    assertExecutable(plan, request.onConflict ?? "abort"); // before a target that is not there is made
    const { updateConfig = false, ...known } = request;
    const planned = updateConfig ? this.planConfigSwitch(plan) : undefined;
    const readOnly = request.cutover !== true;
    return this.#stores.asSource(ends.source, readOnly, async (source) => {
      const target = await this.#stores.open(ends.target, {});
      try {
        const options = {
          ...known,
          ...(planned?.kind === "switch" ? { switchConfig: this.#switcherOf(planned.change) } : {}),
          actor: this.#actor,
          saveFolder: this.#saveFolder,
          ...defined({ projections }),
        };
        const said = { "db.operation.name": "migrate", "sessiondb.from": source.url, "sessiondb.to": target.url };
        return await traced("minsky.migrate", said, () => executeMigration(plan, source, target, options));
      } finally {
        await target.close();
      }
    });
  }

  /**
   * What `updateConfig` would do with the configuration of this process, which is read anew. Writes nothing.
   *
   * @throws UsageError CONFIG_UNREADABLE and whatever else reading it throws
   */
  planConfigSwitch(plan: MigrationPlan): ConfigSwitchPlan {
    const { source, target } = this.#endsOf(plan);
    return planConfigSwitch(source.url, target.url);
  }

  /**
   * Saves what both sides hold, each as a file of JSONL that is a log itself: the source up to the plan's tail, and the
   * target where it has events. Read back and compared before it counts.
   *
   * @returns the paths
   */
  backUpEnds(request: EndsBackup): Promise<string[]> {
    return backUpEnds(this.#stores, request);
  }

  /**
   * Brings the events of a file (a backup, or what a rollback has cut) into a log that they continue.
   *
   * @throws as planRestore and restoreFile; with `dryRun` nothing is written, and a log that is not there is not made
   */
  async restore(path: string, target: StoreName, request: RestoreRequest = {}): Promise<Restored> {
    assertOptions("restore", request, RESTORE_REQUEST);
    return restoreStore(this.#stores, path, storePlace(target), this.#actor, request);
  }

  /** Compares two logs again, long after a migration. See compareLogs. */
  async verifyMigration(source: StoreName, target: StoreName, options: CompareOptions = {}): Promise<LogComparison> {
    return this.#stores.reading(source, (a) => this.#stores.reading(target, (b) => compareLogs(a, b, options)));
  }

  /** What rolling back would cut. Reads only. @throws as rollbackMigration */
  async planRollback(id: string, request: RollbackRequest): Promise<RollbackPlan> {
    assertOptions("planRollback", request, ROLLBACK_REQUEST);
    const { target, toOffset } = request;
    return this.#stores.reading(target, (log) => planRollback(log, id, toOffset === undefined ? {} : { toOffset }));
  }

  /**
   * Cuts a target back to what it was before a migration. What is cut is saved to a file first, which is read back. The
   * source of a cut-over is thawed, and the configuration that it has switched is switched back.
   *
   * @throws NotFoundError MIGRATION_NOT_FOUND; RefusedError ROLLBACK_WOULD_LOSE others have appended since (`force` takes
   *   those too); UsageError ROLLBACK_IMPOSSIBLE, also where the target is a copy of the log that a cut-over or a switch
   *   has moved the writers to; UnavailableError MIGRATION_RUNNING
   */
  async rollbackMigration(id: string, request: RollbackRequest): Promise<RollbackReport> {
    assertOptions("rollbackMigration (planRollback writes nothing)", request, ROLLBACK_REQUEST);
    const log = await this.#stores.open(storePlace(request.target), { mustExist: true });
    try {
      const { toOffset, force = false, source, signal } = request;
      const plan = await planRollback(log, id, toOffset === undefined ? {} : { toOffset });
      await assertNoCopy(plan, (address) => this.#stores.openIfThere(storePlace(address)));
      const switching = { switchBack: switchConfigBack, switchAgain: switchConfigAgain };
      const options = { actor: this.#actor, saveFolder: this.#saveFolder, force, ...switching, ...defined({ signal }) };
      if (!plan.migration.cutover) return await rollBack(log, plan, options);
      const address = source ?? addressOf(plan.migration.source);
      // Opened before anything is cut: a source that cannot be reached keeps everything as it is.
      return await this.#stores.with(address, { mustExist: true }, (frozen) =>
        rollBack(log, plan, { ...options, thawSource: () => thawFrozenFor(frozen, [log.url, plan.migration.target]) }),
      );
    } finally {
      await log.close();
    }
  }

  #endsOf(plan: MigrationPlan): Ends {
    if (typeof plan?.source?.url !== "string" || typeof plan.target?.url !== "string") {
      const given = (plan as unknown) instanceof Promise ? "a promise of one: await it" : typeName(plan);
      throw new TypeError(`a plan is what planMigration(source, target) gives, not ${given}`);
    }
    return this.#ends.get(plan) ?? { source: storePlace(plan.source.url), target: storePlace(plan.target.url) };
  }

  /** Only what has a journal entry switches anything, because the way back stands in it. */
  #switcherOf(change: StoreSwitch): NonNullable<ExecuteOptions["switchConfig"]> {
    const folder = this.#saveFolder;
    return async ({ id }, note) => (id === null ? undefined : switchConfig(change, { id, folder, note }));
  }

  async #plan(
    source: EventLog,
    target: EventLog | undefined,
    ends: Ends,
    request: PlanRequest,
  ): Promise<MigrationPlan> {
    const { since, onSince, onProgress, signal } = request;
    const { projections, open } = this.#options;
    const meant = since === undefined ? undefined : await resolveSince(source, target, since, new Date());
    if (meant !== undefined) onSince?.(meant);
    const plan = await planMigration(source, target ?? { url: shownUrl(ends.target.url) }, {
      probe: await probeStore(ends.target.url, { ...ends.target.options, ...open }),
      onProgress: (done, total) => onProgress?.({ phase: "checking", done, total }),
      ...defined({ projections, signal }),
    });
    if (meant !== undefined) assertNoGap(plan, meant);
    const root = this.#options.outboxRoot ?? outboxRoot(process.env);
    return { ...plan, risks: [...plan.risks, ...(await outboxRisks(root, [ends.source.url, ends.target.url]))] };
  }
}

/** A source that was frozen for somebody else since is not ours to thaw. */
async function thawFrozenFor(source: EventLog, namesOfTarget: readonly string[]): Promise<void> {
  const movedTo = await source.movedTo?.();
  if (movedTo != null && namesOfTarget.includes(movedTo)) await source.thaw?.();
}

/** Links are followed here as far as files go; of servers a cut-over finds it out. */
/** Not every caller is checked by a compiler. @throws UsageError TARGET_MISSING */
function assertTwoNamed(source: unknown, target: unknown): void {
  if (source !== undefined && target !== undefined) return;
  throw new UsageError("TARGET_MISSING", "a migration is planned from a source into a target: two arguments", {
    hint: 'for example planMigration("jsonl:./s.jsonl", "sqlite:./s.db")',
  });
}

function assertTwo({ source, target }: Ends): void {
  if (followedAddress(source.url) !== followedAddress(target.url)) return;
  throw new UsageError("TARGET_IS_SOURCE", `${shownUrl(source.url)} is source and target`, {
    hint: "name another target with --to",
  });
}
