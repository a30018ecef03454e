import { setTimeout as delay } from "node:timers/promises";
import { CommitUnknown, isTransient } from "../postgres-failures.js";

const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 1_000;

/** Some attempt may have committed, and no later one could find out. `cause` is the last failure. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super("no attempt was confirmed, and one may have committed", { cause });
  }
}

interface Tries {
  readonly uncertain?: boolean;
  readonly beganMs?: number;
  readonly onRetry?: ((error: unknown) => void) | undefined;
}

/**
 * Tries again what failed for a reason that may pass, with growing random waits, so that writers who failed together do
 * not come back together. `attempt` is told whether an earlier one may have committed; `uncertain` says that of one
 * before the first, which began at `beganMs` (performance.now()).
 *
 * @throws OutcomeUnknown when it gives up after such an attempt, for whatever reason; else the last failure
 */
export async function retryTransient<T>(
  limitMs: number,
  attempt: (uncertain: boolean) => Promise<T>,
  { uncertain = false, beganMs = performance.now(), onRetry }: Tries = {},
): Promise<T> {
  const end = beganMs + limitMs;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt(uncertain);
    } catch (error) {
      uncertain ||= error instanceof CommitUnknown;
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** failures, MAX_WAIT_MS) * (0.5 + Math.random() / 2);
      if (!isTransient(error) || performance.now() + waitMs > end) throw uncertain ? new OutcomeUnknown(error) : error;
      onRetry?.(error);
      await delay(waitMs);
    }
  }
}
