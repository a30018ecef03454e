import { type Command, Option } from "commander";
import { migrationEnds } from "../../cross-database/migration-ends.js";
import type { OnConflict } from "../../migrate/execute-options.js";
import { shownUrl } from "../../open-log.js";
import { isDefaultPlace } from "../../session/configured-store.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { runMigration } from "../migration-run.js";
import { migratorOf, openingOf } from "../migrator-of.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";
import { warnOfPassword } from "../written-address.js";
import { migrateListCommand } from "./migrate-list.js";
import { migrateResumeCommand } from "./migrate-resume.js";
import { migrateStatusCommand } from "./migrate-status.js";

interface MigrateOptions extends CommonOptions {
  from?: string;
  to?: string;
  sqlitePath?: string;
  connectionUrl?: string;
  preview?: boolean;
  dryRun?: boolean;
  since?: string;
  onConflict?: OnConflict;
  backup?: string;
  batch?: number;
  verify?: boolean;
  cutover?: boolean;
  ndjson?: boolean;
  /** commander's reading of --no-switch. */
  switch?: boolean;
}

export function migrateCommand(state: RunState): Command {
  const command = withOptions(
    leaf<MigrateOptions>(state, "migrate", "replay a log into another backend, and compare hashes and states", migrate),
  )
    .enablePositionalOptions()
    .addCommand(toCommand(state))
    .addCommand(migrateStatusCommand(state))
    .addCommand(migrateListCommand(state))
    .addCommand(migrateResumeCommand(state));
  return examples(command, [
    "sessiondb migrate --from sqlite:./s.db --to jsonl:./s.jsonl --preview",
    "sessiondb migrate --from sqlite:./s.db --to jsonl:./s.jsonl",
  ]);
}

function toCommand(state: RunState): Command {
  const command = withOptions(
    leaf<MigrateOptions>(
      state,
      "to <backend>",
      "the same, with the target's backend or address in front",
      (context, to) => migrate({ ...context, options: { ...context.options, to: to as string } }),
    ),
  );
  return examples(command, [
    "sessiondb migrate to sqlite --sqlite-path ./moved.db --store sqlite:./s.db --dry-run",
    "sessiondb migrate to jsonl:./moved.jsonl --store sqlite:./s.db --backup ./backups",
  ]);
}

function withOptions(command: Command): Command {
  return command
    .option("--from <store>", "the source: an address, or sqlite, postgresql, jsonl; default the store")
    .option("--to <store>", "the target: empty, or a beginning of the source; default that of the last migration")
    .option("--sqlite-path <file>", "what sqlite stands for; default MINSKY_SQLITE_PATH, else the state folder")
    .option("--connection-url <url>", "what postgres stands for; better: MINSKY_POSTGRES_URL, which nobody can read")
    .option("--preview", "check everything, print what would be done, and write nothing at all")
    .addOption(new Option("--dry-run", "the same as --preview"))
    .option("--incremental", "only what is new: a migration always goes on behind what the target has")
    .option("--since <point>", "only what came after: 42, 2024-01-01, 2h, the id of a migration, last")
    .addOption(
      new Option("--on-conflict <way>", "where both sides went on on their own")
        .choices(["abort", "source-wins", "target-wins", "rebase"])
        .default("abort"),
    )
    .option("--backup <folder>", "first save the events of both sides there, as logs of their own")
    .option("--batch <events>", "events in one transaction, at least", wholeNumber("--batch", 1))
    .option(
      "--cutover",
      "at the end freeze the source, so that its writers go on in the target; they may write until then",
    )
    .option("--verify", "alone: compare with the last target again; every migration is verified anyway")
    .option("--ndjson", "progress and result as lines of JSON")
    .addOption(new Option("--execute", "accepted for older scripts: a migration executes by default").hideHelp())
    .option(
      "--no-switch",
      "leave the configuration as it is; by default one that names the source names the target then",
    );
}

async function migrate(context: CommandContext<MigrateOptions>): Promise<number | undefined> {
  const { options, streams, openStore } = context;
  const { from, to, sqlitePath, connectionUrl, since, backup, batch } = options;
  const preview = options.preview === true || options.dryRun === true;
  // The default store may still have to take over the session-db.json beside it.
  const mayBeDefault = from === undefined || /^jsonl?$/i.test(from);
  if (!preview && mayBeDefault && isDefaultPlace(context.store())) await openStore({ mustExist: true });
  const ends = await migrationEnds({
    ...{ from, to, sqlitePath, connectionUrl, store: from ?? context.store().url },
    open: openingOf(context),
    onUnreadable: (url, error) => streams.note(`note: ${url} was not looked at: ${error.message}`),
  });
  for (const url of [ends.from, ends.to]) warnOfPassword(url, streams);
  streams.stores = { from: shownUrl(ends.from), to: shownUrl(ends.to) };
  if (options.verify === true && to === undefined) return verifyAgain(ends, context);
  return runMigration(
    {
      migrator: migratorOf(context),
      ...ends,
      preview,
      onConflict: options.onConflict ?? "abort",
      ...{ since, backup, batchEvents: batch },
      ndjson: options.ndjson === true,
      cutover: options.cutover === true,
      updateConfig: options.switch !== false,
    },
    streams,
  );
}

async function verifyAgain(
  { from, to }: { from: string; to: string },
  context: CommandContext<MigrateOptions>,
): Promise<undefined> {
  const { streams } = context;
  const { relation, states } = await migratorOf(context).verifyMigration(from, to, {
    onProgress: progressLine(streams, "verifying"),
  });
  streams.progress("");
  const { common, source, target } = relation;
  const ends = { from: shownUrl(from), to: shownUrl(to) };
  if (streams.json) {
    const tails = { sourceOffset: source.offset, offset: target.offset };
    streams.document({ schema: "migrate-verify/1", ok: true, ...ends, lastCommonOffset: common, ...tails, states });
    return;
  }
  streams.lines([
    printable(`ok   ${ends.from} and ${ends.to}`),
    `     both chains whole, equal hashes up to offset ${common}, ${states} states equal`,
    `     the source has ${source.offset - common} events more, the target ${target.offset - common}`,
  ]);
}
