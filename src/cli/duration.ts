import { UsageError } from "../errors.js";

const DURATION = /^(\d{1,9})(ms|s|m|h)$/;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Timers take no more. */
const MAX_MS = 2 ** 31 - 1;

/** For commander's argument parsers: `500ms`, `2s`, `5m`, `1h`, up to 24 days, in milliseconds. */
export function durationMs(name: string): (text: string) => number {
  return (text) => {
    const [, count, unit] = DURATION.exec(text) ?? [];
    const ms = Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
    if (ms <= MAX_MS) return ms;
    throw new UsageError("ARGUMENT_INVALID", `${name} takes a time up to 24 days, not ${JSON.stringify(text)}`, {
      hint: `for example ${name} 2s, 500ms, 5m or 1h`,
    });
  };
}
