import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { durationMs } from "../duration.js";
import { type FilterOptions, filterOf, streamOf, withFilter } from "../event-filter-options.js";
import { notedRangePoint } from "../range.js";
import { Tail } from "../tail.js";

interface TailOptions extends ReadOptions, FilterOptions {
  from: string;
  ndjson?: boolean;
  untilIdle?: number;
  retry: number;
}

export function eventsTailCommand(state: RunState): Command {
  const command = readLeaf<TailOptions>(state, "tail", "catch up, then print events as they come, until Ctrl-C", act)
    .option("--from <point>", "what came after it: 42 (begins with 43), 2h, 0 for the whole log; head waits", "HEAD")
    .option("--ndjson", "one JSON line an event")
    .option("--until-idle <time>", "end when nothing came for so long: 2s, 5m", durationMs("--until-idle"))
    .option("--retry <time>", "how long a store that went away is tried again", durationMs("--retry"), 60_000);
  return examples(withFilter(command), [
    "sessiondb events tail --from 0 --until-idle 1s --store sqlite:./s.db",
    'sessiondb events tail --from HEAD~1 --type "session.*" --ndjson --until-idle 1s --store sqlite:./s.db',
  ]);
}

async function act({ openStore, options, streams }: CommandContext<TailOptions>): Promise<number> {
  if (options.json === true) {
    throw new UsageError("ARGUMENT_INVALID", "events that go on coming are no one document", { hint: "take --ndjson" });
  }
  const log = await openStore({ mustExist: true });
  const { offset } = await notedRangePoint(log, options.from, streams, streamOf(options));
  const { ndjson = false, untilIdle: untilIdleMs, retry: retryMs } = options;
  const plan = { filter: filterOf(options), ndjson, untilIdleMs, retryMs };
  return new Tail(log, offset, plan, streams).run();
}
