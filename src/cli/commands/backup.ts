import { statSync } from "node:fs";
import type { Command } from "commander";
import { shellWord } from "../../log/shell-word.js";
import { saveEvents } from "../../migrate/save-events.js";
import { assertNotStore } from "../../session/store-file.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { interruptible } from "../interruptible.js";
import { sizeText } from "../output/amounts.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";
import { fileOnly } from "../written-file.js";

interface BackupOptions extends CommonOptions {
  output: string;
  force?: boolean;
}

export function backupCommand(state: RunState): Command {
  const command = leaf<BackupOptions>(
    state,
    "backup",
    "save all events up to now in one file of JSONL, read back and verified; writers may go on",
    backup,
  )
    .requiredOption(
      "-o, --output <file>",
      "where to",
      fileOnly("-o", "name a file, or write the events to stdout with: sessiondb events export"),
    )
    .option("--force", "replace the file where it is there");
  return examples(command, ["sessiondb backup -o ./backup.jsonl --store sqlite:./s.db"]);
}

async function backup({ options, streams, openStore }: CommandContext<BackupOptions>): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  assertNotStore(options.output, log.url);
  const { offset } = await log.tail();
  const { path, tail } = await interruptible((signal) =>
    saveEvents(log, { from: 1, to: offset }, options.output, {
      overwrite: options.force === true,
      onProgress: progressLine(streams, "saving"),
      signal,
    }),
  );
  streams.progress("");
  const bytes = statSync(path).size;
  if (streams.json) {
    streams.document({ schema: "backup/1", store: log.url, file: path, offset: tail.offset, hash: tail.hash, bytes });
    return;
  }
  streams.lines([
    printable(`saved ${log.url} in ${path}: ${offset} events, ${sizeText(bytes)}`),
    `verified: read back, the chain is whole, tail hash ${tail.hash}`,
  ]);
  streams.note(`it is a log itself (jsonl:${path}); restore it with: sessiondb restore ${shellWord(path)} --to URL`);
}
