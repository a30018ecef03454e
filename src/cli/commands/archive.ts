import type { Command } from "commander";
import { ArchiveFile } from "../../archive/archive-file.js";
import { isServerAddress } from "../../config/address.js";
import { UsageError } from "../../errors.js";
import { archiveBefore, assertArchivable } from "../../inspect/archive-log.js";
import { bytesOf, planArchive } from "../../inspect/archive-plan.js";
import type { ArchiveEntry } from "../../log/archives.js";
import { shellWord } from "../../log/shell-word.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { interruptible } from "../interruptible.js";
import { sizeText } from "../output/amounts.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";
import { fileOnly } from "../written-file.js";
import { archiveListCommand } from "./archive-list.js";
import { archiveRestoreCommand } from "./archive-restore.js";
import { archiveVerifyCommand } from "./archive-verify.js";

const SERVER_ROOM =
  "room: the server's files stay as large, and the next events are written there; to give it back to the disk: VACUUM FULL of the table events, which holds up everybody meanwhile";

interface ArchiveCommandOptions extends CommonOptions {
  before: string;
  to?: string;
  dryRun?: boolean;
}

export function archiveCommand(state: RunState): Command {
  const summary = "move the older events of the log into a compressed file that is verified first; offsets go on";
  const command = leaf<ArchiveCommandOptions>(state, "archive", summary, archive)
    .enablePositionalOptions()
    .option("--before <point>", "events before this: 90d, 2026-01-31, 42, HEAD~1000, mark:NAME")
    .option(
      "--to <file>",
      "the archive; name it like s-2026-01.jsonl.gz, and keep it beside the store, or copies of it",
      fileOnly("--to"),
    )
    .option("--dry-run", "say what would be archived, and write nothing")
    .addCommand(archiveListCommand(state))
    .addCommand(archiveVerifyCommand(state))
    .addCommand(archiveRestoreCommand(state));
  return examples(command, [
    "sessiondb archive --before HEAD~1 --dry-run --store sqlite:./s.db",
    "sessiondb archive --before HEAD --to ./s-old.jsonl.gz --store sqlite:./s.db",
  ]);
}

async function archive({ options, streams, openStore }: CommandContext<ArchiveCommandOptions>): Promise<undefined> {
  const { before, to: file, dryRun = false } = options;
  if (before === undefined || (file === undefined && !dryRun)) throw missingOption();
  const now = new Date();
  const log = await openStore({ mustExist: true });
  const plan = await planArchive(log, before, now);
  streams.note(`${before} → up to offset ${plan.to} (${plan.meaning})`);
  if (dryRun) await assertArchivable(log, plan, file);
  const entry =
    dryRun || file === undefined
      ? undefined
      : await interruptible((signal) =>
          archiveBefore(log, plan.to + 1, file, { now, signal, onProgress: progressLine(streams, "archiving") }),
        );
  streams.progress("");
  const { from, to } = entry ?? plan;
  const events = to - from + 1;
  if (to !== plan.to) streams.notice(`the file was there already, whole, and holds offsets up to ${to}: it was taken`);
  const linesBytes = entry === undefined ? await bytesOf(log, plan) : await linesBytesOf(entry.file);
  if (streams.json) {
    const { offset, hash } = await log.tail();
    const piece = { from, to, events, bytes: linesBytes };
    streams.document({ schema: "archive/1", store: log.url, offset, hash, dryRun, ...piece, archive: entry ?? null });
    return;
  }
  const did = dryRun ? "would archive" : "archived";
  if (events === 0) streams.lines([`${did} nothing: no event of the store is as old`]);
  else streams.lines([`${did} offsets ${from} to ${to}: ${events} events, ${sizeText(linesBytes)} as lines`]);
  if (events > 0 && isServerAddress(log.url)) streams.note(SERVER_ROOM);
  if (entry === undefined) return;
  streams.lines(fileLines(entry).map(printable));
  streams.note(`put back: sessiondb archive restore ${shellWord(entry.file)}; keep the file, and copies of it`);
}

async function linesBytesOf(path: string): Promise<number> {
  const file = await ArchiveFile.open(path);
  await file.close();
  return file.header.lines.bytes;
}

function fileLines({ file, bytes, sha256, hash }: ArchiveEntry): string[] {
  return [
    `${file}: ${sizeText(bytes)}, SHA-256 ${sha256}`,
    `verified: read back, the chain is whole, up to hash ${hash}`,
  ];
}

function missingOption(): UsageError {
  return new UsageError("ARGUMENT_INVALID", "archive needs --before POINT, and --to FILE or --dry-run", {
    hint: "for example: sessiondb archive --before 90d --dry-run",
  });
}
