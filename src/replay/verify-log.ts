import { ArchivedError, IntegrityError } from "../errors.js";
import { archivedBase } from "../log/archives.js";
import { assertLog } from "../log/assert-log.js";
import { ChainCheck } from "../log/chain-check.js";
import type { EventLog } from "../log/event-log.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import { checkLog } from "./check-log.js";
import { PageCheck } from "./page-check.js";

export interface VerifyReport {
  readonly ok: boolean;
  /** Events whose place, time, version and hash were found right, from offset 1. */
  readonly verified: number;
  /** The end of the part that was found right. */
  readonly tail: Tail;
  /** What is wrong at `verified + 1`, or with what events are found by; undefined where all is right. */
  readonly fault: IntegrityError | undefined;
  /** Where the beginning is archived and its file not at hand: the last event of it, which what was checked continues. */
  readonly archived?: Tail;
}

export interface VerifyOptions {
  /** Inclusive; default the tail. */
  readonly to?: number;
  /** Called now and then, and at the end: all is right up to that offset (0 and more). */
  readonly onVerified?: (offset: number) => void;
}

/**
 * Recomputes the whole chain from offset 1: offsets, versions, times, data hashes and hashes. A damaged or edited event
 * is an answer (`fault`), not an exception; a log that cannot be read for other reasons rejects. What the storage finds
 * events by is compared with them, too. A log whose beginning is archived is checked from there where the archive is not at hand (`archived`).
 */
export async function verifyLog(log: EventLog, options: VerifyOptions = {}): Promise<VerifyReport> {
  assertLog(log);
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
  // Which versions the streams had before is known of a whole log only.
  const versionBefore = start.offset === 0 ? () => 0 : undefined;
  const check = new PageCheck(new ChainCheck(start), { versionBefore });
  try {
    const fault = await faultIn(log, check, end, options.onVerified);
    const { tail } = check;
    return { ok: fault === undefined, verified: tail.offset, tail, fault };
  } finally {
    await check.close();
  }
}

/** @returns the first thing that is wrong */
async function faultIn(
  log: EventLog,
  check: PageCheck,
  end: number,
  onVerified: VerifyOptions["onVerified"],
): Promise<IntegrityError | undefined> {
  try {
    const say = () => onVerified?.(check.tail.offset);
    await checkLog(log, check, end, { page: say, part: say });
    say();
    return await log.indexFault?.(end);
  } catch (error) {
    if (error instanceof IntegrityError) return error;
    throw error;
  }
}
