import { resolve } from "node:path";
import { assertEndsSavable } from "../cross-database/back-up-ends.js";
import type { ConfigSwitchPlan } from "../cross-database/config-switch.js";
import type { CrossDatabaseMigrator } from "../cross-database/cross-database-migrator.js";
import { defined } from "../defined.js";
import { StoppedError } from "../errors.js";
import type { MigrationProgress, OnConflict } from "../migrate/execute-options.js";
import type { MigrationPlan } from "../migrate/migration-plan.js";
import type { MigrationReport } from "../migrate/migration-report.js";
import { assertExecutable } from "../migrate/obstacles.js";
import { WEB_KEYS_STAY } from "../migrate/plan-migration.js";
import { storeOption } from "../migrate/store-option.js";
import { boundedHeap } from "./bounded-heap.js";
import { interruptible } from "./interruptible.js";
import { planDocument, planLines, reportDocument, reportLines } from "./output/migration-lines.js";
import { progressLine } from "./output/progress.js";
import type { Streams } from "./output/streams.js";

export interface MigrationRun {
  readonly migrator: CrossDatabaseMigrator;
  readonly from: string;
  readonly to: string;
  readonly preview: boolean;
  readonly onConflict: OnConflict;
  readonly since?: string | undefined;
  /** A folder for copies of both sides, made before anything is written. */
  readonly backup?: string | undefined;
  readonly batchEvents?: number | undefined;
  /** Freeze the source at the end. */
  readonly cutover: boolean;
  /** Afterwards the configuration that names the source names the target. */
  readonly updateConfig: boolean;
  /** Progress and result as lines of JSON on stdout. */
  readonly ndjson: boolean;
}

/**
 * Plans, and executes unless it is a preview; prints what migrate and resume print. Ctrl-C stops it between two batches:
 * what to type to go on is printed, and the program ends by that signal.
 */
export function runMigration(run: MigrationRun, streams: Streams): Promise<undefined> {
  return interruptible(async (signal) => {
    try {
      const keepSmall = boundedHeap();
      const onProgress = progressOf(run, streams, keepSmall);
      await planAndExecute(run, streams, { onProgress, onPiece: keepSmall, signal });
    } catch (error) {
      streams.progress("");
      if (!signal.aborted) throw error;
      streams.error(error instanceof StoppedError ? error : stoppedBefore());
    }
    return undefined;
  });
}

function stoppedBefore(): StoppedError {
  return new StoppedError("MIGRATION_STOPPED", "it was stopped before anything was written", { hint: "do it again" });
}

async function planAndExecute(run: MigrationRun, streams: Streams, progressing: Progressing): Promise<void> {
  const { since } = run;
  const plan = await run.migrator.planMigration(run.from, run.to, {
    ...progressing,
    onSince: ({ offset, meaning }) => streams.note(`${since} → offset ${offset} (${meaning})`),
    ...defined({ since }),
  });
  streams.progress("");
  if (run.preview) {
    if (run.cutover) streams.note(`--cutover: at the end ${plan.source.url} would refuse its writers (LOG_MOVED)`);
    return showPlan(plan, streams, run);
  }
  const config = switchOf(run, plan);
  const report = await execute(run, plan, progressing);
  streams.progress("");
  showReport(run, plan, report, streams);
  tellUnswitched(config, report, streams);
}

interface Progressing {
  readonly onProgress: (progress: MigrationProgress) => void;
  readonly onPiece: () => void;
  readonly signal: AbortSignal;
}

async function execute(
  { migrator, backup, from, to, onConflict, batchEvents, cutover, updateConfig }: MigrationRun,
  plan: MigrationPlan,
  progressing: Progressing,
): Promise<MigrationReport> {
  const backups = backup === undefined ? [] : await migrator.backUpEnds({ from, to, plan, folder: resolve(backup) });
  return migrator.executeMigration(plan, {
    ...progressing,
    onConflict,
    backups,
    cutover,
    updateConfig,
    ...defined({ batchEvents }),
  });
}

/** A plan that cannot be executed is shown, and then told as the error that executing it would be. */
function showPlan(plan: MigrationPlan, streams: Streams, run: MigrationRun): void {
  const config = switchOf(run, plan);
  if (streams.json) streams.document(planDocument(plan, config));
  else streams.lines(planLines(plan, config));
  assertExecutable(plan, run.onConflict);
  if (run.backup !== undefined) assertEndsSavable(plan, resolve(run.backup));
}

function switchOf({ updateConfig, migrator }: MigrationRun, plan: MigrationPlan): ConfigSwitchPlan | undefined {
  return updateConfig ? migrator.planConfigSwitch(plan) : undefined;
}

/** Nobody shall go on writing to the source in the belief that it was switched. */
function tellUnswitched(config: ConfigSwitchPlan | undefined, { switched, target }: MigrationReport, streams: Streams) {
  if (config === undefined || switched !== null || config.kind === "switch") return;
  const why = config.kind === "blocked" ? config.why : `it names ${config.configured}`;
  if (config.kind === "not-concerned" && config.configured === target) return;
  streams.note(`the configuration was left as it is: ${why}`);
}

function showReport(
  { ndjson, onConflict }: MigrationRun,
  plan: MigrationPlan,
  report: MigrationReport,
  streams: Streams,
): void {
  if (ndjson || streams.json) {
    streams.document(ndjson ? { ...reportDocument(plan, report), end: true } : reportDocument(plan, report));
    return;
  }
  streams.lines(reportLines(plan, report));
  if (onConflict === "target-wins" && plan.divergence !== undefined) {
    const { lastCommonOffset, sourceEvents } = plan.divergence;
    streams.note(`kept as it is: ${sourceEvents} events behind offset ${lastCommonOffset} stay in the source only`);
  }
  if (plan.risks.includes(WEB_KEYS_STAY)) streams.note(`note: ${WEB_KEYS_STAY}`);
  if (report.id !== null) {
    const undone = [
      ...(report.frozen === null ? [] : ["thaws the source"]),
      ...(report.switched === null ? [] : ["switches the configuration back"]),
    ];
    const source = undone.length === 0 ? "the source is unchanged" : `which also ${undone.join(" and ")}`;
    streams.note(`undo: sessiondb rollback ${report.id}${storeOption("--to", report.target)} · ${source}`);
  }
}

function progressOf(
  { ndjson }: MigrationRun,
  streams: Streams,
  keepSmall: () => void,
): (progress: MigrationProgress) => void {
  const lines = new Map<string, (done: number, total: number) => void>();
  return ({ phase, done, total }) => {
    keepSmall();
    if (ndjson) return streams.document({ progress: phase, done, total });
    let line = lines.get(phase);
    if (line === undefined) {
      line = progressLine(streams, phase);
      lines.set(phase, line);
    }
    line(done, total);
  };
}
