import type { Command } from "commander";
import { checkArchive } from "../../archive/check-archive.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { sizeText } from "../output/amounts.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";

export function archiveVerifyCommand(state: RunState): Command {
  const summary = "read an archive from end to end: its chain, its index, every byte; asks no store";
  const command = readLeaf<ReadOptions>(state, "verify <file>", summary, verify);
  return examples(command, ["sessiondb archive verify ./s-old.jsonl.gz"]);
}

async function verify({ streams }: CommandContext<ReadOptions>, file: string): Promise<undefined> {
  const { header, entry } = await checkArchive(file, progressLine(streams, "verifying"));
  streams.progress("");
  const { from, to, hash, before, streams: streamCount, recordedAt, sha256, bytes, file: path } = entry;
  if (streams.json) {
    const piece = { from, to, before, hash, recordedAt, streams: streamCount, sha256, bytes };
    streams.document({ schema: "archive-verify/1", store: header.store, offset: to, file: path, ...piece });
    return;
  }
  streams.lines(
    [
      `${path} is whole: offsets ${from} to ${to} of ${header.store}, ${sizeText(bytes)}`,
      `it continues hash ${before}, and ends with ${hash}`,
      `SHA-256 ${sha256}`,
    ].map(printable),
  );
}
