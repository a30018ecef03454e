import { type Command, Option } from "commander";
import { UsageError } from "../../errors.js";
import { readPublicKey } from "../../inspect/signing-key.js";
import { type SignedReport, verifySigned } from "../../inspect/verify-signed.js";
import { hashBeginning } from "../../log/hash-beginning.js";
import { type VerifyReport, verifyLog } from "../../replay/verify-log.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, collected, examples, leaf, type RunState } from "../command.js";
import { EXIT } from "../exit-code.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";

interface VerifyOptions extends CommonOptions, AsOfOptions {
  expectHead?: string;
  key?: string[];
  signed?: string;
}

type Report = VerifyReport & Partial<Pick<SignedReport, "signatures" | "last">>;

export function verifyCommand(state: RunState): Command {
  const command = leaf<VerifyOptions>(
    state,
    "verify",
    "recompute every hash of the log and name the first event that is wrong",
    verify,
  )
    .option("--expect-head <hash>", "also require this tail hash (all of it, or its first 8 or more digits)")
    .addOption(
      new Option("--signed <file>", "also require what these signatures say, of sign; with --key").conflicts("asOf"),
    )
    .option("--key <file>", "with --signed: the public key; may be given several times", collected)
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb verify --store sqlite:./s.db",
    "sessiondb verify --key help.key.pub --signed help-tails.jsonl --store sqlite:./s.db",
    "sessiondb verify --store jsonl:./s.jsonl --json",
  ]);
}

async function verify(context: CommandContext<VerifyOptions>): Promise<number> {
  const { options, streams } = context;
  const expected = options.expectHead === undefined ? "" : hashBeginning(options.expectHead);
  const report = await reportOf(context);
  streams.progress("");
  const headOk = report.tail.hash.startsWith(expected);
  if (streams.json) streams.document(documentOf(report, headOk));
  else streams.lines(linesOf(report, headOk ? undefined : expected).map(printable));
  return report.ok && headOk ? EXIT.done : EXIT.integrity;
}

async function reportOf(context: CommandContext<VerifyOptions>): Promise<Report & { store: string }> {
  const { options, streams } = context;
  const { signed, key } = options;
  if ((signed === undefined) !== (key === undefined)) {
    throw new UsageError("ARGUMENT_INVALID", "--signed and --key need each other", {
      hint: "name both: sessiondb verify --key FILE.pub --signed FILE",
    });
  }
  const line = progressLine(streams, "verifying");
  const keys = await Promise.all((key ?? []).map(readPublicKey));
  const log = await openAsOf(context);
  const store = log.url;
  if (signed !== undefined) return { store, ...(await verifySigned(log, signed, keys, line)) };
  const { offset: total } = await log.tail();
  return { store, ...(await verifyLog(log, { to: total, onVerified: (done) => line(done, total) })) };
}

function documentOf(report: Report & { store: string }, headOk: boolean): unknown {
  const { store, ok, verified, tail, signatures, last } = report;
  const fault = report.fault && {
    offset: report.fault.offset ?? verified + 1,
    code: report.fault.code,
    message: report.fault.message,
  };
  const signed = last && { signatures, last, unsigned: Math.max(0, tail.offset - last.offset) };
  return {
    schema: "verify/1",
    store,
    ok: ok && headOk,
    verified,
    offset: tail.offset,
    hash: tail.hash,
    ...(report.archived === undefined ? {} : { archivedTo: report.archived.offset }),
    fault,
    signed,
  };
}

function linesOf(
  { store, fault, verified, tail, archived, ...signed }: Report & { store: string },
  expected?: string,
): string[] {
  if (fault !== undefined) {
    return [`BAD  ${store}`, `     ${fault.message}`, `     ${verified} events before it are as they were written`];
  }
  if (expected !== undefined) {
    return [`BAD  ${store}`, `     the chain is whole, but its tail hash is ${tail.hash}, expected ${expected}`];
  }
  const { last, signatures } = signed;
  const events =
    archived === undefined
      ? `${verified} events`
      : `${verified - archived.offset} events behind offset ${archived.offset}; those before are archived, and not at hand`;
  const lines = [`ok   ${store}`, `     ${events}, tail hash ${tail.hash}`];
  if (last === undefined) return lines;
  const rest =
    tail.offset === last.offset ? "nothing came since" : `${last.offset + 1}..${tail.offset} came since, unsigned`;
  const by = `by the key ${last.key.slice(0, 16)}… (${signatures} in the file)`;
  return [...lines, `     1..${last.offset} as signed on ${last.signedAt} ${by}; ${rest}`];
}
