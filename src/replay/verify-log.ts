import { ArchivedError, IntegrityError } from "../errors.js";
import { archivedBase } from "../log/archives.js";
import { ChainCheck, chainBroken } from "../log/chain-check.js";
import type { EventLog } from "../log/event-log.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";

export interface VerifyReport {
  readonly ok: boolean;
  /** Events whose place, time, version and hash were found right, from offset 1. */
  readonly verified: number;
  /** The end of the part that was found right. */
  readonly tail: Tail;
  /** What is wrong at `verified + 1`; undefined where all is right. */
  readonly fault: IntegrityError | undefined;
  /** Where the beginning is archived and its file not at hand: the last event of it, which what was checked continues. */
  readonly archived?: Tail;
}

export interface VerifyOptions {
  /** Inclusive; default the tail. */
  readonly to?: number;
  /** Called after each event that was found right. */
  readonly onVerified?: (offset: number) => void;
}

/**
 * Recomputes the whole chain from offset 1: offsets, versions, times, data hashes and hashes. A damaged or edited event
 * is an answer (`fault`), not an exception; a log that cannot be read for other reasons rejects. A log whose beginning is
 * archived is checked from there where the archive is not at hand (`archived`).
 */
export async function verifyLog(log: EventLog, options: VerifyOptions = {}): Promise<VerifyReport> {
  const end = options.to ?? (await log.tail()).offset;
  try {
    return await verifyFrom(EMPTY_TAIL, log, end, options);
  } catch (error) {
    const base = error instanceof ArchivedError ? await archivedBase(log) : EMPTY_TAIL;
    if (base.offset === 0 || end <= base.offset) throw error;
    return { ...(await verifyFrom(base, log, end, options)), archived: base };
  }
}

async function verifyFrom(start: Tail, log: EventLog, end: number, options: VerifyOptions): Promise<VerifyReport> {
  const check = new ChainCheck(start);
  const fault = await firstFault(check, log, end, options.onVerified);
  return { ok: fault === undefined, verified: check.tail.offset, tail: check.tail, fault };
}

async function firstFault(
  check: ChainCheck,
  log: EventLog,
  end: number,
  onVerified: VerifyOptions["onVerified"],
): Promise<IntegrityError | undefined> {
  // Which versions the streams had before is known of a whole log only.
  const versionBefore = check.tail.offset === 0 ? () => 0 : undefined;
  try {
    // By pages: a promise an event takes as long as its hashes.
    for await (const page of log.readAll({ from: check.tail.offset + 1, to: end })) {
      for (const event of page) {
        const fault = check.next(event, versionBefore);
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
