import type { Command } from "commander";
import { findMigration } from "../../cross-database/find-journal.js";
import { addressOf } from "../../cross-database/migration-ends.js";
import { storeAddress } from "../../cross-database/store-address.js";
import { UsageError } from "../../errors.js";
import { shownUrl } from "../../open-log.js";
import { type CommandContext, examples, leaf, type RunState } from "../command.js";
import { runMigration } from "../migration-run.js";
import { migratorOf } from "../migrator-of.js";
import { type JournalOptions, searchOf } from "./migrate-list.js";

interface ResumeOptions extends JournalOptions {
  from?: string;
  ndjson?: boolean;
}

export function migrateResumeCommand(state: RunState): Command {
  const command = leaf<ResumeOptions>(
    state,
    "resume <id>",
    "go on with a migration that was stopped, killed, or failed",
    resume,
  )
    .option("--to <store>", "the log that was migrated into; default the store, else the default places")
    .option("--from <store>", "the source, where the journal's address needs a password")
    .option("--ndjson", "progress and result as lines of JSON");
  return examples(command, ["sessiondb migrate resume last --to jsonl:./s.jsonl"]);
}

async function resume(context: CommandContext<ResumeOptions>, id: string): Promise<number | undefined> {
  const { options, streams } = context;
  const { address, entry } = await findMigration(id, searchOf(context));
  if (entry.state === "done" || entry.state === "rolled-back") {
    throw new UsageError(
      "RESUME_IMPOSSIBLE",
      `migration ${entry.id} is ${entry.state}: there is nothing to go on with`,
      {
        hint: "to copy what is new, or to copy it again: sessiondb migrate",
      },
    );
  }
  const from = options.from === undefined ? addressOf(entry.source) : storeAddress(options.from);
  streams.stores = { from: shownUrl(from), to: shownUrl(address) };
  return runMigration(
    {
      migrator: migratorOf(context),
      from,
      to: address,
      preview: false,
      onConflict: entry.onConflict ?? "abort",
      ndjson: options.ndjson === true,
      cutover: entry.cutover,
      updateConfig: entry.switches,
    },
    streams,
  );
}
