import { resolve } from "node:path";
import type { Command } from "commander";
import { storeAddress } from "../../cross-database/store-address.js";
import { defined } from "../../defined.js";
import type { RestorePlan } from "../../migrate/restore-file.js";
import { storeOption } from "../../migrate/store-option.js";
import { shownUrl } from "../../open-log.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { migratorOf } from "../migrator-of.js";
import { sizeText } from "../output/amounts.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";
import { warnOfPassword } from "../written-address.js";

interface RestoreOptions extends CommonOptions {
  to?: string;
  asOf?: string;
  dryRun?: boolean;
}

export function restoreCommand(state: RunState): Command {
  const command = leaf<RestoreOptions>(
    state,
    "restore <file>",
    "bring the events of a backup, or what a rollback has cut, into a log that they continue",
    restore,
  )
    .option("--to <store>", "the log: empty, or a beginning of the file's; default the store")
    .option(
      "--as-of <point>",
      "only up to 42, HEAD~3, mark:NAME, 2026-01-31T10:00:00Z, 2026-01-31 or 2h, as the file says",
    )
    .option("--dry-run", "check everything, say what would be done, and write nothing");
  return examples(command, ["sessiondb restore ./backup.jsonl --to sqlite:./restored.db"]);
}

async function restore(context: CommandContext<RestoreOptions>, file: string): Promise<undefined> {
  const { options, streams, store } = context;
  const to = storeAddress(options.to ?? store().url);
  warnOfPassword(to, streams);
  streams.stores = { to: shownUrl(to) };
  const { asOf, dryRun = false } = options;
  let meaning = "";
  const { plan, id, tail } = await migratorOf(context).restore(resolve(file), to, {
    dryRun,
    onProgress: progressLine(streams, "restoring"),
    onAsOf: (point) => {
      meaning = point.meaning;
    },
    ...defined({ asOf }),
  });
  streams.progress("");
  const { events, bytes, from, before, after } = plan;
  if (asOf !== undefined && events > 0) streams.note(`${asOf} → offset ${after.offset} (written ${after.recordedAt})`);
  if (asOf !== undefined && events === 0) streams.note(`${asOf} → ${meaning}`);
  if (streams.json) {
    const ends = { file: plan.path, to: shownUrl(to), before, offset: tail.offset, hash: tail.hash };
    streams.document({ schema: "restore/1", dryRun, id, ...ends, events, bytes, after });
    return;
  }
  streams.lines(linesOf(plan, shownUrl(to), dryRun).map(printable));
  if (!dryRun && events > 0) streams.lines([`verified: offset ${tail.offset}, tail hash ${tail.hash}`]);
  if (id !== null)
    streams.note(`undo: sessiondb rollback ${id}${storeOption("--to", shownUrl(to))} (behind offset ${from - 1})`);
}

function linesOf(plan: RestorePlan, url: string, dryRun: boolean): string[] {
  const { path, first, last, from, to, events, bytes, before, upTo } = plan;
  const did = dryRun ? "would restore" : "restored";
  if (last === 0) return [`${did} nothing: ${path} holds no events`];
  if (upTo < first) return [`${did} nothing: ${path} begins at offset ${first}, behind that point`];
  if (events === 0) return [`${did} nothing: ${url} has all of ${path} already, and ends at offset ${before.offset}`];
  return [`${did} ${from}..${to} of ${path} into ${url}: ${events} events, ${sizeText(bytes)}`];
}
