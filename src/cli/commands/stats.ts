import type { Command } from "commander";
import { UnavailableError } from "../../errors.js";
import { logStats } from "../../inspect/log-stats.js";
import { type StoreSizes, storeSizes } from "../../inspect/store-sizes.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { type FilterOptions, filterOf, streamOf, withFilter } from "../event-filter-options.js";
import { progressLine } from "../output/progress.js";
import { inexactLines, statsLines } from "../output/stats-lines.js";
import { type RangeOptions, resolveRange, withRange } from "../range.js";

interface StatsOptions extends ReadOptions, AsOfOptions, RangeOptions, FilterOptions {
  top?: number;
}

const DEFAULT_TOP = 10;

export function statsCommand(state: RunState): Command {
  const summary = "what the log is made of: events and bytes by type, category, stream and day, and how fast it grows";
  const command = readLeaf<StatsOptions>(state, "stats", summary, stats);
  withRange(withFilter(command))
    .addOption(asOfOption())
    .option("--top <n>", `so many types, categories, streams and days (default: ${DEFAULT_TOP})`, wholeNumber("--top"));
  return examples(command, [
    "sessiondb stats --store sqlite:./s.db",
    "sessiondb stats --since 7d --top 3 --store sqlite:./s.db",
    "sessiondb stats --type 'session.*' --as-of HEAD~1 --json --store sqlite:./s.db",
  ]);
}

async function stats(context: CommandContext<StatsOptions>): Promise<undefined> {
  const { openStore, options, streams } = context;
  const { top = DEFAULT_TOP } = options;
  const log = await openStore({ mustExist: true });
  const stream = streamOf(options);
  const then = await resolveAsOf(log, options, streams, stream);
  const { offset: head } = then ?? (await log.tail());
  const filter = { ...filterOf(options), ...(await resolveRange(log, options, streams, { stream })) };
  const line = progressLine(streams, "reading");
  const told = await logStats(log, filter, { head, top, onRead: (offset) => line(offset, head) });
  streams.progress("");
  const storage = then === undefined ? await sizesNow(context) : null;
  if (streams.json) {
    const { head: offset, ...rest } = told;
    streams.document({ schema: "stats/1", store: log.url, offset, filter, ...rest, storage });
    return;
  }
  streams.lines(statsLines(told, storage, { top, store: log.url, width: streams.width }));
  for (const remark of inexactLines(told)) streams.note(remark);
}

/** Of a server that is away, whose log is told by its outbox, nobody knows the size. */
async function sizesNow({ store, streams }: CommandContext<StatsOptions>): Promise<StoreSizes | null> {
  const { url, options } = store();
  try {
    return await storeSizes(url, options);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    streams.notice(`what the store takes on disk is not known: ${error.message}`);
    return null;
  }
}
