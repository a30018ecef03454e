import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { type Share, Shares } from "../log/shares.js";
import { checkPages } from "./check-pages.js";
import type { PageCheck } from "./page-check.js";

export interface ShareLimits {
  /** Of a log with fewer events behind the check, a thread would hardly have started. */
  readonly minEvents: number;
  readonly minShareEvents: number;
  /** Both come to their ends within the time of one; each costs a merge of the streams in it. */
  readonly maxShares: number;
}

const LIMITS: ShareLimits = { minEvents: 20_000, minShareEvents: 5000, maxShares: 16 };

/** Who looks at a log while it is checked: pages and parts come in their order, and each event is in one of them. */
export interface LogWitness {
  /** As checkPages hands it out: right up to `check.tail`, and all of it where this comes to its end. */
  page(events: readonly SealedEvent[]): void | Promise<void>;
  /** Checked by another thread, and right: its events were not handed out. Bounds are inclusive. */
  part(range: Share): void | Promise<void>;
}

/**
 * Checks everything behind what `check` was given, up to `to` (inclusive). Where the backend has another thread to read and
 * check with, that takes its shares from the end; what it says counts only where it continues what was checked here, and
 * where it does not, this reads on: so the outcome is that of one walk, whatever is wrong.
 *
 * @throws as checkPages, and as the witness
 */
export async function checkLog(
  log: EventLog,
  check: PageCheck,
  to: number,
  witness: LogWitness,
  limits = LIMITS,
): Promise<void> {
  const events = to - check.tail.offset;
  if (events >= limits.minEvents) {
    const count = Math.min(limits.maxShares, Math.floor(events / limits.minShareEvents));
    await checkInShares(log, check, Shares.of({ from: check.tail.offset + 1, to }, count), witness);
  }
  await checkUpTo(log, check, to, witness);
}

async function checkInShares(log: EventLog, check: PageCheck, shares: Shares, witness: LogWitness): Promise<void> {
  const other = log.checkPart?.(shares);
  if (other === undefined) return;
  try {
    await check.alone(async () => {
      for (let share = shares.first(); share !== undefined; share = shares.first()) {
        await checkUpTo(log, check, share.to, witness);
      }
    });
    const part = await other.part();
    if (part !== undefined && check.take(part))
      await witness.part({ from: part.before.offset + 1, to: part.tail.offset });
  } finally {
    await other.close();
  }
}

async function checkUpTo(log: EventLog, check: PageCheck, to: number, witness: LogWitness): Promise<void> {
  for await (const page of checkPages(log, check, to)) await witness.page(page);
}
