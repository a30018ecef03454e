import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { hashAt } from "../replay/hash-at.js";
import { readSignatures } from "./signature-file.js";
import type { SigningKey } from "./signing-key.js";
import type { TailSignature } from "./tail-signature.js";

/** A file of signatures, beside the log as it is now. */
export interface SignedTails {
  /** In the file; all of them were made by the keys. */
  readonly signatures: number;
  readonly last: TailSignature;
  /** The log has, at the offset of the last one, the hash that was signed. Where its chain is whole up to there, so is all that was signed last. */
  readonly fits: boolean;
}

/**
 * What was signed last, and whether the log still has it: one event is read. {@link verifySigned} looks at all events and
 * all signatures.
 *
 * @throws as reading the file of signatures (see readSignatures)
 */
export async function signedTails(log: EventLog, path: string, keys: readonly SigningKey[]): Promise<SignedTails> {
  assertLog(log);
  let [signatures, last]: [number, TailSignature | undefined] = [0, undefined];
  for await (const signed of readSignatures(path, keys)) [signatures, last] = [signatures + 1, signed];
  const found = last as TailSignature; // a file without one is refused
  return { signatures, last: found, fits: (await hashAt(log, found.offset)) === found.hash };
}
