import { type Command, Option } from "commander";
import { UsageError } from "../../errors.js";
import { type CopyReport, copyLog } from "../../migrate/copy-log.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { progressLine } from "../output/progress.js";

interface MigrateOptions extends CommonOptions {
  from?: string;
  to?: string;
  preview?: boolean;
  dryRun?: boolean;
}

export function migrateCommand(state: RunState): Command {
  const command = leaf<MigrateOptions>(
    state,
    "migrate",
    "replay a log into another backend, and compare the hashes",
    migrate,
  )
    .option("--from <url>", "the source; default the store")
    .option("--to <url>", "the target: empty, or a beginning of the source")
    .option("--preview", "check and print what would be copied; write nothing")
    .addOption(new Option("--dry-run", "the same as --preview"))
    .addOption(new Option("--execute", "accepted for older scripts: a migration executes by default").hideHelp());
  return examples(command, [
    "sessiondb migrate --from sqlite:./s.db --to jsonl:./s.jsonl --preview",
    "sessiondb migrate --from sqlite:./s.db --to jsonl:./s.jsonl",
  ]);
}

async function migrate({ open, openStore, options, streams }: CommandContext<MigrateOptions>): Promise<undefined> {
  if (options.to === undefined) {
    throw new UsageError("TARGET_MISSING", "migrate needs a target", {
      hint: "add --to sqlite:PATH, jsonl:PATH or postgres://…",
    });
  }
  const preview = options.preview === true || options.dryRun === true;
  const source = await (options.from === undefined
    ? openStore({ mustExist: true })
    : open(options.from, { mustExist: true }));
  const target = await open(options.to);
  if (source.url === target.url) {
    throw new UsageError("TARGET_IS_SOURCE", `${source.url} is source and target`, {
      hint: "name another target with --to",
    });
  }
  const lines = { verifying: progressLine(streams, "verifying"), copying: progressLine(streams, "copying") };
  const began = Date.now();
  const report = await copyLog(source, target, {
    preview,
    onProgress: ({ phase, done, total }) => lines[phase](done, total),
  });
  streams.progress("");
  const urls = { from: source.url, to: target.url };
  if (streams.json) streams.document({ schema: "migrate/1", preview, ...urls, ...summary(report) });
  else streams.lines(preview ? previewLines(urls, report) : doneLines(urls, report, Date.now() - began));
}

function summary({ relation, copied, before, after }: CopyReport) {
  return {
    relation: relation.kind,
    copied,
    before: { offset: before.offset, hash: before.hash },
    offset: after.offset,
    hash: after.hash,
  };
}

function previewLines(urls: { from: string; to: string }, { relation, copied, before }: CopyReport): string[] {
  return [
    "PREVIEW: nothing is written",
    `from  ${urls.from}  ${relation.source.offset} events, chain ok`,
    `to    ${urls.to}  ${relation.target.offset} events, ${relation.kind === "empty" ? "empty" : `same hashes up to ${relation.common}`}`,
    copied === 0
      ? "copy  nothing: both are equal"
      : `copy  ${before.offset + 1}..${relation.source.offset}: ${copied} events`,
  ];
}

function doneLines(urls: { from: string; to: string }, { copied, before, after }: CopyReport, ms: number): string[] {
  const range = copied === 0 ? "nothing new" : `${before.offset + 1}..${after.offset} (${copied} events)`;
  return [
    `migrated ${urls.from} → ${urls.to}: ${range} in ${(ms / 1000).toFixed(1)} s`,
    `verified: offset ${after.offset}, tail hashes equal: ${after.hash}`,
  ];
}
