import { ChainCheck } from "../chain-check.js";
import type { CheckedPart } from "../checked-part.js";
import type { EventLog } from "../event-log.js";
import { EMPTY_TAIL } from "../seal.js";
import type { Share, Shares } from "../shares.js";

/** More would take too much memory twice, here and in the thread that the part is handed to. */
const MAX_STREAMS = 250_000;

/**
 * Checks shares of a log from its end back until none is left, with nothing but what every reader does. What is wrong, or
 * cannot be read, is not looked into: the part then ends before the share of it, and whoever reads on from there finds it.
 */
export async function checkShares(log: Pick<EventLog, "readAll">, shares: Shares): Promise<CheckedPart | undefined> {
  let later: CheckedPart | undefined;
  while ((later?.streams.size ?? 0) <= MAX_STREAMS) {
    const share = shares.last();
    if (share === undefined) break;
    const check = await checkedShare(log, share);
    if (check !== undefined && later !== undefined) check.take(later);
    later = check?.part;
  }
  return later;
}

/** @returns undefined where it is not right */
async function checkedShare(log: Pick<EventLog, "readAll">, { from, to }: Share): Promise<ChainCheck | undefined> {
  let check = from === 1 ? new ChainCheck(EMPTY_TAIL) : undefined;
  try {
    for await (const page of log.readAll({ from: Math.max(from - 1, 1), to })) {
      for (const event of page) {
        if (check === undefined) check = new ChainCheck(event);
        else if (check.next(event) !== undefined) return undefined;
      }
    }
  } catch {
    return undefined; // the same error comes to whoever reads it next
  }
  return check?.tail.offset === to ? check : undefined;
}
