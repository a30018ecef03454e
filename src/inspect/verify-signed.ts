import { IntegrityError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import { ChainCheck, chainBroken } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import type { Share } from "../log/shares.js";
import { checkLog } from "../replay/check-log.js";
import { PageCheck } from "../replay/page-check.js";
import type { VerifyReport } from "../replay/verify-log.js";
import { tailAt } from "./checked-events.js";
import { logChanged, logCut } from "./sign-tail.js";
import { readSignatures } from "./signature-file.js";
import type { SigningKey } from "./signing-key.js";
import type { TailSignature } from "./tail-signature.js";

export interface SignedReport extends VerifyReport {
  /** In the file; all of them were made by the keys. */
  readonly signatures: number;
  /** The last of them. Where all is right, every event up to its offset is as it was signed; nothing signs those behind it. */
  readonly last: TailSignature;
}

/**
 * Verifies the log from offset 1, and that it still is what was signed: at the offset of each signature it has the hash
 * that was signed. A log that only grew since is right. Damage, a cut and a log that was written anew are answers
 * (`fault`: CHAIN_BROKEN, SIGNED_LOG_CUT, SIGNED_LOG_CHANGED, with `offset`), not exceptions.
 *
 * Memory grows with the number of streams, not of events or signatures.
 *
 * @throws as reading the file of signatures (see readSignatures), and where the log cannot be read for other reasons
 */
export async function verifySigned(
  log: EventLog,
  path: string,
  keys: readonly SigningKey[],
  onVerified?: (offset: number, end: number) => void,
): Promise<SignedReport> {
  assertLog(log);
  // Before the log's end is asked for: else a signature that is made meanwhile would look as if the log had been cut.
  const { signatures, last } = await survey(path, keys);
  const end = (await log.tail()).offset;
  const check = new PageCheck(new ChainCheck(), { versionBefore: () => 0 });
  let changedBehind: Tail | undefined;
  const fault = await faultOf(async () => {
    const due = new DueSignatures(readSignatures(path, keys), signatures);
    await due.begin();
    const meet = async (page: readonly SealedEvent[]) => {
      for (const { offset, hash } of page) {
        if (offset !== due.offset) continue;
        await due.meet(hash).catch(async (error) => {
          await check.settle(); // a hash that is wrong anyway is told as that
          changedBehind = await tailAt(log, offset - 1);
          throw error;
        });
      }
      onVerified?.(check.tail.offset, end);
    };
    const part = async ({ to }: Share) => {
      while (due.offset <= to) await meet(await firstPage(log, due.offset, to));
      onVerified?.(check.tail.offset, end);
    };
    await checkLog(log, check, end, { page: meet, part });
    if (last.offset > end) throw logCut(last, end);
  }).finally(() => check.close());
  const tail = changedBehind ?? check.tail;
  return { ok: fault === undefined, verified: tail.offset, tail, fault, signatures, last };
}

/** What a part holds that another thread has checked is read again only where a signature is due. */
async function firstPage(log: EventLog, from: number, to: number): Promise<readonly SealedEvent[]> {
  for await (const page of log.readAll({ from, to })) return page;
  throw chainBroken(from, "it is not there any more");
}

async function survey(path: string, keys: readonly SigningKey[]): Promise<{ signatures: number; last: TailSignature }> {
  let [signatures, last]: [number, TailSignature | undefined] = [0, undefined];
  for await (const signed of readSignatures(path, keys)) [signatures, last] = [signatures + 1, signed];
  return { signatures, last: last as TailSignature }; // a file without one is refused
}

/** The signatures in their order, each met by the event at its offset. */
class DueSignatures {
  readonly #signed: AsyncGenerator<TailSignature, void, undefined>;
  #left: number;
  #next: TailSignature | undefined;
  #matched = 0;
  /** Where the next one is due; infinity where none is left, and before begin. */
  offset = Number.POSITIVE_INFINITY;

  /** @param count those that came later are another matter */
  constructor(signed: AsyncGenerator<TailSignature, void, undefined>, count: number) {
    this.#signed = signed;
    this.#left = count;
  }

  async begin(): Promise<void> {
    const step = this.#left-- > 0 ? await this.#signed.next() : undefined;
    this.#next = step?.value ?? undefined;
    this.offset = this.#next?.offset ?? Number.POSITIVE_INFINITY;
  }

  /** @throws IntegrityError SIGNED_LOG_CHANGED */
  async meet(hash: string): Promise<void> {
    const { offset } = this;
    while (this.#next !== undefined && this.offset === offset) {
      if (this.#next.hash !== hash) throw logChanged(this.#next, hash, this.#matched);
      await this.begin();
    }
    this.#matched = offset;
  }
}

async function faultOf(act: () => Promise<void>): Promise<IntegrityError | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof IntegrityError) return error;
    throw error;
  }
}
