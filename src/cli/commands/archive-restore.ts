import type { Command } from "commander";
import { restoreArchive } from "../../inspect/archive-log.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";

export function archiveRestoreCommand(state: RunState): Command {
  const summary = "put the events of the store's last archive back; the file is verified first, and stays";
  const command = readLeaf<ReadOptions>(state, "restore <file>", summary, restore);
  return examples(command, ["sessiondb archive restore ./s-old.jsonl.gz --store sqlite:./s.db"]);
}

async function restore({ streams, openStore }: CommandContext<ReadOptions>, file: string): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const { from, to } = await restoreArchive(log, file, { onProgress: progressLine(streams, "verifying") });
  streams.progress("");
  const { offset, hash } = await log.tail();
  if (streams.json) {
    streams.document({ schema: "archive-restore/1", store: log.url, offset, hash, from, to });
    return;
  }
  streams.lines([printable(`put back offsets ${from} to ${to} into ${log.url}: ${to - from + 1} events`)]);
}
