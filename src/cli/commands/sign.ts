import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { defined } from "../../defined.js";
import { RefusedError } from "../../errors.js";
import { writeAtomically } from "../../export/atomic-file.js";
import { signTail } from "../../inspect/sign-tail.js";
import { readPrivateKey } from "../../inspect/signing-key.js";
import { encodeSignature } from "../../inspect/tail-signature.js";
import { assertSettled } from "../assert-settled.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { interruptible } from "../interruptible.js";
import { printable } from "../output/escape.js";
import { progressLine } from "../output/progress.js";
import { fileOnly, unlessStdout } from "../written-file.js";

interface SignOptions extends ReadOptions {
  key: string;
  output?: string;
  append?: string;
}

export function signCommand(state: RunState): Command {
  const summary = "verify the log and sign where it ends, to keep elsewhere";
  const command = readLeaf<SignOptions>(state, "sign", summary, sign)
    .requiredOption("--key <file>", "the private key, of key create")
    .option("-o, --output <file>", "write the signature to a new file; default stdout, as -")
    .addOption(
      new Option("--append <file>", "add it to a file of signatures; reads only what came since the last")
        .argParser(fileOnly("--append"))
        .conflicts("output"),
    );
  return examples(command, [
    "sessiondb sign --key help.key -o help-tail.json --store sqlite:./s.db",
    "sessiondb sign --key help.key --append help-tails.jsonl --store sqlite:./s.db",
  ]);
}

async function sign({ options, streams, openStore }: CommandContext<SignOptions>): Promise<undefined> {
  const output = unlessStdout(options.output);
  if (output !== undefined) assertNew(output);
  const key = await readPrivateKey(options.key);
  if (key.exposed) streams.note(`warning: others can read ${options.key}; type: chmod 600 ${options.key}`);
  const log = await openStore({ mustExist: true });
  assertSettled(log, (await log.tail()).offset);
  const line = progressLine(streams, "verifying");
  const append = options.append === undefined ? {} : { append: options.append };
  const signed = await interruptible((signal) => signTail(log, key, { ...append, signal, onVerified: line }));
  streams.progress("");
  const text = encodeSignature(signed);
  if (output !== undefined) await writeAtomically(output, [`${text}\n`]);
  const file = options.append ?? output;
  if (streams.json) {
    const { offset, hash, ...rest } = signed;
    streams.document({ schema: "sign/1", offset, hash, ...rest, ...defined({ file }) });
  } else if (file === undefined) streams.lines([printable(text)]);
  else streams.lines([printable(`${file}: signed offset ${signed.offset}, hash ${signed.hash}`)]);
  streams.note(`check it with: sessiondb verify --key FILE.pub --signed ${file ?? "FILE"}`);
}

/** Said before the whole log is verified for nothing. */
function assertNew(path: string): void {
  if (!existsSync(path)) return;
  throw new RefusedError("OUTPUT_EXISTS", `${path} is there already; it was not touched`, {
    hint: "choose another name; to keep several signatures in one file: --append FILE",
  });
}
