import type { Command } from "commander";
import { checkProof } from "../../inspect/check-proof.js";
import type { ProofReport } from "../../inspect/proof-check.js";
import { readPublicKey } from "../../inspect/signing-key.js";
import { counted } from "../audit-printer.js";
import { type CommandContext, collected, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";
import type { Streams } from "../output/streams.js";

interface CheckOptions extends ReadOptions {
  expectHead?: string;
  key?: string[];
}

export function auditCheckCommand(state: RunState): Command {
  const command = readLeaf<CheckOptions>(
    state,
    "check <file>",
    "check a file of audit --proof, without the store",
    check,
  )
    .option("--expect-head <hash>", "also require this head hash (all of it, or its first 8 or more digits)")
    .option("--key <file>", "also require that this public key signed the head; may be given several times", collected);
  return examples(command, ["sessiondb audit check help-proof.jsonl"]);
}

async function check({ options, streams }: CommandContext<CheckOptions>, file: string): Promise<undefined> {
  const expected = options.expectHead === undefined ? {} : { expectHead: options.expectHead };
  const keys = options.key === undefined ? {} : { keys: await Promise.all([options.key].flat().map(readPublicKey)) };
  const report = await checkProof(file, { ...expected, ...keys, onChecked: progressLine(streams, "checking") });
  streams.progress("");
  if (streams.json) {
    const { head, ...rest } = report;
    streams.document({ schema: "audit-check/1", ok: true, file, offset: head.offset, hash: head.hash, ...rest });
  } else tell(report, streams, { head: options.expectHead !== undefined, key: options.key !== undefined });
}

function tell(report: ProofReport, streams: Streams, expected: { head: boolean; key: boolean }): void {
  const { matched, head, store, after, filter, createdAt, withoutData, undecided, signature } = report;
  const what = `${counted(matched, "event")}, ${matched === 1 ? "" : "each "}linked to the head hash ${head.hash.slice(0, 8)}…`;
  streams.lines([printable(`ok: ${what} of store ${store} (checked without the database)`)]);
  streams.note(
    `filter ${JSON.stringify(filter)} over offsets ${after.offset + 1}..${head.offset}, written ${createdAt}`,
  );
  if (withoutData > 0) {
    streams.note(`${withoutData} of them without data: erased in the log, or hidden by whoever wrote the file`);
  }
  if (undecided > 0)
    streams.note(`${counted(undecided, "hidden event")} may match --path too: only their data could tell`);
  if (signature !== undefined) {
    const by = `the head was signed on ${signature.signedAt} by the key ${signature.key}`;
    streams.note(expected.key ? by : `it says that ${by}; to check that: --key FILE.pub`);
  }
  if (expected.head || expected.key) return;
  streams.note(`whether this is the log you mean, only its head can tell: --expect-head ${head.hash}`);
}
