import { IntegrityError, UsageError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import { hashAt } from "../replay/hash-at.js";
import { checkedPages } from "./checked-events.js";
import { appendSignature } from "./signature-file.js";
import type { SigningKey } from "./signing-key.js";
import { NO_PREVIOUS, signPlace, type TailSignature } from "./tail-signature.js";

export interface SignOptions {
  /**
   * A file of signatures that only grows: this one is appended to it, and only what came since its last signature is read.
   * Without it the whole log is read, and nothing is written.
   */
  readonly append?: string;
  /** Ends it without a signature; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each page of events whose hashes were found right, with the last of them. */
  readonly onVerified?: (offset: number, end: number) => void;
  readonly now?: () => Date;
}

/**
 * Signs the tail of a log with an Ed25519 key, for {@link verifySigned}. Only what was verified is signed: every hash up to
 * the tail is recomputed first, or with `append` every hash since the last signature in that file, which the log must
 * still fit.
 *
 * @param log its `url` is what the signature says of the store
 * @throws UsageError NOTHING_TO_SIGN the log is empty; IntegrityError CHAIN_BROKEN, SIGNED_LOG_CUT, SIGNED_LOG_CHANGED, with
 *   `offset`; with `append` also as reading a file of signatures. None of these signs or writes anything.
 */
export async function signTail(log: EventLog, key: SigningKey, options: SignOptions = {}): Promise<TailSignature> {
  assertLog(log);
  const { append, now = () => new Date() } = options;
  const make = async (last: TailSignature | undefined, previous: string) => {
    const tail = await verifiedTail(log, last, options);
    return signPlace(tail, key, { store: log.url, now: now(), previous });
  };
  return append === undefined ? make(undefined, NO_PREVIOUS) : appendSignature(append, key, make);
}

async function verifiedTail(
  log: EventLog,
  last: TailSignature | undefined,
  { signal, onVerified }: SignOptions,
): Promise<Tail> {
  const end = (await log.tail()).offset;
  if (last !== undefined) await assertFits(log, last, end);
  if (end === 0) throw nothingToSign();
  const pages = checkedPages(log, last === undefined ? EMPTY_TAIL : { ...last, recordedAt: "" }, end);
  for (;;) {
    const step = await pages.next();
    if (step.done === true) return step.value;
    signal?.throwIfAborted();
    onVerified?.(step.value.at(-1)?.offset ?? end, end);
  }
}

async function assertFits(log: EventLog, last: TailSignature, end: number): Promise<void> {
  if (last.offset > end) throw logCut(last, end);
  const hash = await hashAt(log, last.offset);
  if (hash !== last.hash) throw logChanged(last, hash, 0);
}

export function nothingToSign(): UsageError {
  return new UsageError("NOTHING_TO_SIGN", "the log has no events", { hint: "sign it when it has some" });
}

/** @param end the offset at which the log ends now */
export function logCut({ offset, signedAt }: TailSignature, end: number): IntegrityError {
  const message = `the log ends at offset ${end}, but was signed at ${offset} on ${signedAt}: events ${end + 1}..${offset} are gone`;
  return new IntegrityError("SIGNED_LOG_CUT", message, { offset: end + 1, hint: KEEP });
}

/** @param after the last signed offset before it at which the log still is as it was; 0 where there is none */
export function logChanged(signed: TailSignature, hash: string | undefined, after: number): IntegrityError {
  const { offset, signedAt } = signed;
  const where = after + 1 === offset ? `event ${offset} is` : `some of the events ${after + 1}..${offset} are`;
  const message = `${where} not what was signed on ${signedAt}: the hash at offset ${offset} is ${hash ?? "missing"}, signed ${signed.hash}`;
  return new IntegrityError("SIGNED_LOG_CHANGED", message, { offset, hint: KEEP });
}

const KEEP = "the log was cut back or written anew, or it is another log: compare it with a backup or another copy";
