import { type Command, Option } from "commander";
import type { CrossDatabaseMigrator } from "../../cross-database/cross-database-migrator.js";
import { findMigration } from "../../cross-database/find-journal.js";
import { storeAddress } from "../../cross-database/store-address.js";
import { defined } from "../../defined.js";
import { UsageError } from "../../errors.js";
import { shellWord } from "../../log/shell-word.js";
import type { RollbackPlan } from "../../migrate/plan-rollback.js";
import type { RollbackReport, SwitchedBack } from "../../migrate/roll-back.js";
import { storeOption } from "../../migrate/store-option.js";
import { shownUrl } from "../../open-log.js";
import { type CommandContext, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { confirmed } from "../confirm.js";
import { interruptible } from "../interruptible.js";
import { migratorOf } from "../migrator-of.js";
import { printable } from "../output/escape.js";
import { eventText } from "../output/migration-lines.js";
import type { Streams } from "../output/streams.js";
import { type JournalOptions, searchOf } from "./migrate-list.js";

interface RollbackOptions extends JournalOptions {
  migrationId?: string;
  from?: string;
  toOffset?: number;
  dryRun?: boolean;
  yes?: boolean;
  force?: boolean;
}

export function rollbackCommand(state: RunState): Command {
  const command = leaf<RollbackOptions>(
    state,
    "rollback [id]",
    "cut a log back to what it was before a migration; what is cut is saved first",
    rollback,
  )
    .option("--migration-id <id>", "the migration, instead of the argument")
    .option("--to <store>", "the log that was migrated into; default the store, else the default places")
    .option("--from <store>", "the source of a cut-over, where the journal's address needs a password")
    .addOption(
      new Option("--to-offset <n>", "cut less: events up to this offset stay").argParser(wholeNumber("--to-offset")),
    )
    .option("--dry-run", "show what would be cut, and cut nothing")
    .option("--yes", "do it without asking")
    .option("--force", "cut also what others have written since; it is saved with the rest");
  return examples(command, ["sessiondb rollback last --to jsonl:./s.jsonl --dry-run"]);
}

async function rollback(context: CommandContext<RollbackOptions>, argument?: string): Promise<undefined> {
  const { options, streams } = context;
  const id = idOf(argument, options.migrationId);
  const { address, entry } = await findMigration(id, searchOf(context));
  streams.stores = { to: shownUrl(address) };
  const migrator = migratorOf(context);
  const { toOffset, force = false, from } = options;
  const source = from === undefined ? {} : { source: storeAddress(from) };
  const request = { target: address, force, ...source, ...defined({ toOffset }) };
  const plan = await migrator.planRollback(entry.id, request);
  if (options.dryRun === true) return showPlan(plan, streams, true);
  if (!streams.json && options.yes !== true) showPlan(plan, streams, false);
  if (plan.others > 0 && !force) return cut(migrator, plan, request, streams);
  await confirmed(`cut ${plan.events} events of ${plan.target}`, options.yes === true);
  return cut(migrator, plan, request, streams);
}

function idOf(argument: string | undefined, option: string | undefined): string {
  const id = argument ?? option;
  if (id !== undefined && (option === undefined || option === id)) return id;
  throw new UsageError(
    "ARGUMENT_INVALID",
    id === undefined ? "rollback needs the id of a migration" : "two ids are named",
    {
      hint: "sessiondb migrate list shows them: sessiondb rollback ID",
    },
  );
}

async function cut(
  migrator: CrossDatabaseMigrator,
  plan: RollbackPlan,
  request: Parameters<CrossDatabaseMigrator["rollbackMigration"]>[1],
  streams: Streams,
): Promise<undefined> {
  const report = await interruptible((signal) => migrator.rollbackMigration(plan.migration.id, { ...request, signal }));
  if (streams.json) streams.document(documentOf(report));
  else streams.lines(reportLines(report));
  if (report.savedAs !== null) streams.note(`take it back: ${takeBackOf(report.savedAs, report)}`);
}

/** What was cut fits where nothing else came back in its place; else the same is done again. */
function takeBackOf(savedAs: string, { cameBack, target, migration: { source } }: RollbackReport): string {
  const to = storeOption("--to", target);
  if (cameBack === 0) return `sessiondb restore ${shellWord(savedAs)}${to}`;
  return `sessiondb migrate${storeOption("--from", source)}${to} --on-conflict source-wins`;
}

function showPlan(plan: RollbackPlan, streams: Streams, dryRun: boolean): undefined {
  const { migration, base, events, others, tail } = plan;
  if (streams.json) {
    const { id } = migration;
    const { target, othersShown, comesBack } = plan;
    const counts = { events, others, othersShown, comesBack };
    streams.document({ schema: "rollback/1", dryRun, id, target, offset: tail.offset, base, ...counts });
    return;
  }
  const own = events - others;
  const lines = [
    `PREVIEW: ${plan.target} goes back from offset ${tail.offset} to ${base.offset}; ${own} copied events leave it`,
    ...othersLines(plan),
  ];
  if (migration.cutover) lines.push(`         ${migration.source} is thawed: its writers may write to it again`);
  if (plan.whole && migration.switched !== null) {
    lines.push(`         ${migration.switched.file} names ${migration.source} again`);
  }
  if (plan.comesBack !== null) {
    const { from, to, savedAs } = plan.comesBack;
    lines.push(`         ${from}..${to}, which had given way, come back from ${savedAs}`);
  }
  streams.lines(lines.map(printable));
}

function othersLines({ others, othersShown }: RollbackPlan): string[] {
  if (others === 0) return [];
  const more = others > othersShown.length ? [`           and ${others - othersShown.length} more`] : [];
  return [
    `         ${others} events were written by others since, and would leave it too (--force saves them with the rest):`,
    ...othersShown.map((event) => `           ${eventText(event)}`),
    ...more,
  ];
}

function documentOf({ migration, target, tail, events, savedAs, cameBack, config }: RollbackReport) {
  const { id, state } = migration;
  const ends = { offset: tail.offset, hash: tail.hash };
  return { schema: "rollback/1", dryRun: false, id, target, state, ...ends, events, savedAs, cameBack, config };
}

function configText({ file, left }: SwitchedBack, source: string): string {
  return left === null ? `${file} names ${source} again` : `${file} was left as it is: ${left}`;
}

function reportLines({ migration, target, tail, events, savedAs, cameBack, config }: RollbackReport): string[] {
  return [
    `rolled back ${migration.id}: ${target} ends at offset ${tail.offset}; ${events} events left it`,
    ...(savedAs === null ? [] : [`saved in    ${savedAs}`]),
    ...(cameBack === 0 ? [] : [`came back   ${cameBack} events`]),
    ...(config === null ? [] : [`config      ${configText(config, migration.source)}`]),
    `verified:   the chain is whole, tail hash ${tail.hash}`,
  ].map(printable);
}
