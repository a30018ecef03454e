/** Timers take no more, and would ring at once. */
const MAX_MS = 2 ** 31 - 1;

/** The least and the most that each limit of a log may be; both inclusive. */
const LIMITS = {
  lockTimeoutMs: [1, MAX_MS],
  pollMs: [1, MAX_MS],
  connectTimeoutMs: [1, MAX_MS],
  statementTimeoutMs: [1, MAX_MS],
  retryLimitMs: [0, MAX_MS],
  maxConnections: [1, 10_000],
  cacheBytes: [0, Number.MAX_SAFE_INTEGER],
  segmentBytes: [1, Number.MAX_SAFE_INTEGER],
} as const;

type Limits = { readonly [name in keyof typeof LIMITS]?: unknown };

/**
 * NaN compares with nothing: whoever waits so long waits for ever, and a timer of NaN rings a thousand times a second.
 *
 * @throws TypeError a limit that is given and no whole number within its bounds
 */
export function assertLimits(given: Limits): void {
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value = given[name as keyof Limits];
    if (value === undefined) continue;
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) continue;
    throw new TypeError(`${name} is a whole number from ${least} to ${most}, not ${shown(value)}`);
  }
}

/** @throws TypeError where it is no whole number from `least` */
export function assertCount(name: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw new TypeError(`${name} is a whole number from ${least}, not ${shown(value)}`);
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : typeof value;
}
