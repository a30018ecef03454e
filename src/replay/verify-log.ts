import { IntegrityError } from "../errors.js";
import { ChainCheck, chainBroken } from "../log/chain-check.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";

export interface VerifyReport {
  readonly ok: boolean;
  /** Events whose place, time, version and hash were found right, from offset 1. */
  readonly verified: number;
  /** The end of the part that was found right. */
  readonly tail: Tail;
  /** What is wrong at `verified + 1`; undefined where all is right. */
  readonly fault: IntegrityError | undefined;
}

export interface VerifyOptions {
  /** Inclusive; default the tail. */
  readonly to?: number;
  /** Called after each event that was found right. */
  readonly onVerified?: (offset: number) => void;
}

/**
 * Recomputes the whole chain from offset 1: offsets, versions, times, data hashes and hashes. A damaged or edited event
 * is an answer (`fault`), not an exception; a log that cannot be read for other reasons rejects.
 */
export async function verifyLog(log: EventLog, options: VerifyOptions = {}): Promise<VerifyReport> {
  const check = new ChainCheck();
  const range = options.to === undefined ? {} : { to: options.to };
  const fault = await firstFault(check, log, range, options.onVerified);
  return { ok: fault === undefined, verified: check.tail.offset, tail: check.tail, fault };
}

async function firstFault(
  check: ChainCheck,
  log: EventLog,
  range: { to?: number },
  onVerified: VerifyOptions["onVerified"],
): Promise<IntegrityError | undefined> {
  const end = range.to ?? (await log.tail()).offset;
  try {
    // By pages: a promise an event takes as long as its hashes.
    for await (const page of log.readAll({ to: end })) {
      for (const event of page) {
        const fault = check.next(event, () => 0);
        if (fault !== undefined) return chainBroken(check.tail.offset + 1, fault);
        onVerified?.(event.offset);
      }
    }
  } catch (error) {
    if (error instanceof IntegrityError) return error;
    throw error;
  }
  const seen = check.tail.offset;
  return seen < end ? chainBroken(seen + 1, `the log ends at ${seen}, its tail says ${end}`) : undefined;
}
