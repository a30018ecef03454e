import type { Command } from "commander";
import { verifyLog } from "../../replay/verify-log.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { EXIT } from "../exit-code.js";
import { progressLine } from "../output/progress.js";

interface VerifyOptions extends CommonOptions, AsOfOptions {
  expectHead?: string;
}

export function verifyCommand(state: RunState): Command {
  const command = leaf<VerifyOptions>(
    state,
    "verify",
    "recompute every hash of the log and name the first event that is wrong",
    verify,
  )
    .option("--expect-head <hash>", "also require this tail hash (all of it, or its first 8 or more digits)")
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb verify --store sqlite:./s.db",
    "sessiondb verify --store jsonl:./s.jsonl --json",
  ]);
}

async function verify(context: CommandContext<VerifyOptions>): Promise<number> {
  const { options, streams } = context;
  const log = await openAsOf(context);
  const { offset: total } = await log.tail();
  const line = progressLine(streams, "verifying");
  const report = await verifyLog(log, { to: total, onVerified: (done) => line(done, total) });
  streams.progress("");
  const expected = options.expectHead ?? "";
  const headOk = report.tail.hash.startsWith(expected) && (expected === "" || expected.length >= 8);
  if (streams.json) {
    const fault = report.fault && {
      offset: report.verified + 1,
      code: report.fault.code,
      message: report.fault.message,
    };
    const { verified, tail } = report;
    streams.document({
      schema: "verify/1",
      store: log.url,
      ok: report.ok && headOk,
      verified,
      offset: tail.offset,
      hash: tail.hash,
      fault,
    });
  } else if (report.fault !== undefined) {
    streams.lines([
      `BAD  ${log.url}`,
      `     ${report.fault.message}`,
      `     ${report.verified} events before it are as they were written`,
    ]);
  } else if (!headOk) {
    streams.lines([
      `BAD  ${log.url}`,
      `     the chain is whole, but its tail hash is ${report.tail.hash}, expected ${expected}`,
    ]);
  } else {
    streams.lines([`ok   ${log.url}`, `     ${report.verified} events, tail hash ${report.tail.hash}`]);
  }
  return report.ok && headOk ? EXIT.done : EXIT.integrity;
}
