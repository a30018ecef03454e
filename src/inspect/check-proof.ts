import { createHash } from "node:crypto";
import { IntegrityError } from "../errors.js";
import { codeOf } from "../files/code-of.js";
import { MAX_TEXT_BYTES } from "../log/canonical.js";
import { hashBeginning } from "../log/hash-beginning.js";
import { type FileLine, fileLines } from "./file-lines.js";
import { ProofCheck, type ProofReport } from "./proof-check.js";
import { proofNotFound, withProofFile } from "./proof-file.js";
import { brokenProof, decodeHeader, END_BEGINNING, notAProof, PROOF_BEGINNING } from "./proof-lines.js";
import type { SigningKey } from "./signing-key.js";
import { assertSigned } from "./tail-signature.js";

/** The largest data, and room for everything else in a line. */
const MAX_LINE_BYTES = MAX_TEXT_BYTES + 2 * 1024 * 1024;

export interface CheckProofOptions {
  /** The head's hash as you know it from elsewhere: all of it, or its first 8 or more digits. */
  readonly expectHead?: string;
  /** Public keys, one of which must have signed the head. */
  readonly keys?: readonly SigningKey[];
  /** Called after each event that was found right. */
  readonly onChecked?: (offset: number, head: number) => void;
}

/**
 * Checks a file of {@link writeProof} without the log, in one pass; memory grows with the number of streams.
 *
 * What it proves, where `head.hash` is known from elsewhere: every event shown stands in that log, at its offset, as its
 * writer appended it; no event between `after` and `head` is missing; and `matched` of them match the filter. What it does
 * not prove: `store` and `createdAt`.
 *
 * @throws NotFoundError PROOF_NOT_FOUND; UsageError PROOF_INVALID, PROOF_FORMAT_UNKNOWN, ARGUMENT_INVALID; StorageError
 *   PROOF_FILE_FAILED; IntegrityError with its line: PROOF_BROKEN (a line was edited, dropped, doubled, moved or added),
 *   PROOF_CUT_SHORT, PROOF_MISCOUNTED, PROOF_CHANGED (no event, but a line beside them), PROOF_OTHER_HEAD,
 *   and with `keys` PROOF_UNSIGNED, SIGNATURE_WRONG, SIGNED_BY_OTHER_KEY
 */
export async function checkProof(path: string, options: CheckProofOptions = {}): Promise<ProofReport> {
  const expected = options.expectHead === undefined ? "" : hashBeginning(options.expectHead);
  const report = await withProofFile(path, () => checkLines(path, options));
  if (options.keys !== undefined) assertHeadSigned(report, options.keys);
  if (report.head.hash.startsWith(expected)) return report;
  throw new IntegrityError("PROOF_OTHER_HEAD", `the head is ${report.head.hash}, expected ${expected}`, {
    line: 1,
    hint: "it is whole, but of another log, or of this log at another time",
  });
}

/** That the signature is of this very head was checked with the first line. */
function assertHeadSigned({ signature }: ProofReport, keys: readonly SigningKey[]): void {
  if (signature === undefined) {
    throw new IntegrityError("PROOF_UNSIGNED", "line 1: no signature of its head is in it", {
      line: 1,
      hint: "write it with: sessiondb audit --proof FILE --key FILE, or compare its head: --expect-head HASH",
    });
  }
  assertSigned(signature, keys, 1);
}

async function checkLines(path: string, { onChecked }: CheckProofOptions): Promise<ProofReport> {
  const digest = createHash("sha256");
  let check: ProofCheck | undefined;
  let number = 0;
  for await (const line of linesOf(path)) {
    const text = textOf(line, ++number);
    if (check === undefined) check = new ProofCheck(decodeHeader(text));
    else if (text.startsWith(END_BEGINNING)) check.end(text, number, digest.copy().digest("hex"));
    else {
      const offset = check.event(text, number);
      onChecked?.(offset, check.headOffset);
    }
    digest.update(line.bytes).update("\n");
  }
  if (check === undefined) throw notAProof("it is empty");
  return check.report(number + 1);
}

async function* linesOf(path: string): AsyncGenerator<FileLine> {
  try {
    yield* fileLines(path, MAX_LINE_BYTES);
  } catch (error) {
    throw codeOf(error) === "ENOENT" ? proofNotFound(path) : error;
  }
}

function textOf({ bytes, ended }: FileLine, number: number): string {
  if (number === 1 && bytes.toString("latin1", 0, PROOF_BEGINNING.length) !== PROOF_BEGINNING) {
    throw notAProof("its first line is not that of a proof");
  }
  if (!ended) throw brokenProof("PROOF_CUT_SHORT", number, "it does not end");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw brokenProof("PROOF_BROKEN", number, "it is not UTF-8 text");
  }
}
