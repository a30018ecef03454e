import type { Command } from "commander";
import { OutboxLog } from "../../outbox/outbox-log.js";
import { outboxReport } from "../../outbox/outbox-report.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { EXIT } from "../exit-code.js";
import { outboxOf } from "../outbox-of.js";

interface ReplayOptions extends ReadOptions {
  force?: boolean;
}

export function outboxReplayCommand(state: RunState): Command {
  const command = readLeaf<ReplayOptions>(
    state,
    "replay",
    "send what waits to the server now, and bring the local copy up to date; exit code 4 where something conflicts, or did before and is kept",
    replay,
  ).option("--force", "also into a log that is not the one that was copied: what expects a version conflicts there");
  return examples(command, ["sessiondb outbox replay --store sqlite:./s.db"]);
}

async function replay(context: CommandContext<ReplayOptions>): Promise<number | undefined> {
  const { options, streams } = context;
  const placed = outboxOf(context);
  if (placed === undefined) return replayed(context, { appended: 0, repeated: 0, conflicts: 0 }, 0);
  const { root: outboxRoot, url } = placed;
  // What a replay does by itself is told below, with the rest.
  const before = await outboxReport(outboxRoot, url);
  const mustExist = before.queue.length === 0;
  const log = await OutboxLog.open(url, { ...context.store().options, outboxRoot, mustExist, replays: false });
  try {
    const result = await log.replay({ force: options.force === true });
    const { copiedOffset, conflicts } = await outboxReport(outboxRoot, url);
    replayed(context, result, copiedOffset);
    if (conflicts.length === 0) return undefined;
    // Any command may have sent what waited: whoever asks here has to hear of a conflict that it met.
    streams.note(`${conflicts.length} that conflict are kept: sessiondb outbox list`);
    return EXIT.conflict;
  } finally {
    await log.close();
  }
}

function replayed(
  { streams }: CommandContext<ReplayOptions>,
  { appended, repeated, conflicts }: { appended: number; repeated: number; conflicts: number },
  offset: number,
): undefined {
  if (streams.json) streams.document({ schema: "outbox-replay/1", offset, appended, repeated, conflicts });
  else streams.lines([`sent ${appended}, were there already ${repeated}, conflicts ${conflicts}`]);
}
