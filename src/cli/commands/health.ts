import { type Command, Option } from "commander";
import { type LogHealth, logHealth } from "../../inspect/log-health.js";
import { openToDiagnose } from "../../open-log.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { durationMs } from "../duration.js";
import { EXIT } from "../exit-code.js";
import { printable } from "../output/escape.js";

interface HealthOptions extends ReadOptions {
  maxLag?: number;
  timeout: number;
}

/** Of one connection or statement. A probe that waits for long is answered by its caller before. */
const TIMEOUT_MS = 5_000;

export function healthCommand(state: RunState): Command {
  const summary = "for probes: whether the store answers and its end is whole; exit code 0, 1, 3, 5 or 6";
  const command = readLeaf<HealthOptions>(state, "health", summary, health)
    .option("--max-lag <n>", "also fail where a read model in a table lacks more events", wholeNumber("--max-lag"))
    .addOption(
      new Option("--timeout <time>", "how long a connection, a statement or a lock may take; default 5s").argParser(
        durationMs("--timeout", 1),
      ),
    );
  return examples(command, [
    "sessiondb health --store sqlite:./s.db",
    "sessiondb health --max-lag 100000 --json --store sqlite:./s.db",
  ]);
}

async function health({ options, streams, store }: CommandContext<HealthOptions>): Promise<number> {
  const { maxLag, timeout = TIMEOUT_MS } = options;
  const began = performance.now();
  const limits = {
    connectTimeoutMs: timeout,
    statementTimeoutMs: timeout,
    lockTimeoutMs: timeout,
    retryLimitMs: timeout,
  };
  const log = await openToDiagnose(store().url, limits);
  try {
    const report = await logHealth(log, maxLag === undefined ? {} : { maxLag });
    const ms = Math.round(performance.now() - began);
    const { tail, ...rest } = report;
    if (streams.json) {
      const { offset, hash, recordedAt } = tail;
      streams.document({ schema: "health/1", store: log.url, offset, hash, recordedAt, ...rest, ms });
    } else streams.lines(linesOf(log.url, report, ms).map(printable));
    return report.ok ? EXIT.done : EXIT.failed;
  } finally {
    await log.close();
  }
}

function linesOf(url: string, { ok, tail, lag, problems }: LogHealth, ms: number): string[] {
  const behind = lag === undefined ? "" : `, read models ${lag} behind`;
  const head = `${ok ? "ok  " : "BAD "} ${url}: offset ${tail.offset}${behind} (${ms} ms)`;
  return [head, ...problems.map((problem) => `     ${problem}`)];
}
