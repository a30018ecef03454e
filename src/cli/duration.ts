import { UsageError } from "../errors.js";

const DURATION = /^(\d{1,10})(ms|s|m|h|d)$/;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Timers take no more: a little less than 25 days. */
const MAX_MS = 2 ** 31 - 1;

/**
 * For commander's argument parsers: `500ms`, `2s`, `5m`, `1h`, `7d`, up to 24 days, in milliseconds; a limit that would end
 * what it limits at once begins with a `leastMs` of 1.
 */
export function durationMs(name: string, leastMs = 0): (text: string) => number {
  return (text) => {
    const [, count, unit] = DURATION.exec(text) ?? [];
    const ms = Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
    if (ms >= leastMs && ms <= MAX_MS) return ms;
    const range = leastMs === 0 ? "up to 24 days" : `from ${leastMs}ms to 24 days`;
    throw new UsageError("ARGUMENT_INVALID", `${name} takes a time ${range}, not ${JSON.stringify(text)}`, {
      hint: `for example ${name} 2s, 500ms, 5m, 1h or 1d`,
    });
  };
}
