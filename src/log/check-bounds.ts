import { UsageError } from "../errors.js";

/**
 * NaN, or a text, compares with nothing: a read with such a bound would be empty, and a cut would take everything. Bounds
 * outside the log are fine.
 *
 * @throws UsageError ARGUMENT_INVALID
 */
export function assertBounds(bounds: { readonly [name in "from" | "to" | "toOffset"]?: unknown }): void {
  for (const name of ["from", "to", "toOffset"] as const) {
    const value = bounds[name];
    if (value === undefined || Number.isInteger(value) || Math.abs(value as number) === Number.POSITIVE_INFINITY)
      continue;
    throw notWhole(name, value);
  }
}

/** @throws UsageError ARGUMENT_INVALID */
export function assertCutOffset(offset: unknown): void {
  if (!Number.isInteger(offset) || (offset as number) < 0) throw notWhole("the offset to cut after", offset);
}

const FIRST_MS = Date.parse("0000-01-01T00:00:00.000Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * A time as text that is compared with `recordedAt`, letter by letter. ISO 8601 writes years of more than four digits with a
 * sign, which comes before every digit: the year 12026 would lie before all events.
 *
 * @throws UsageError ARGUMENT_INVALID
 */
export function timeLimit(time: unknown): string {
  const ms = time instanceof Date ? time.getTime() : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new UsageError("ARGUMENT_INVALID", `a time is a valid Date, not ${shown(time)}`, {
      hint: 'for example new Date("2026-01-31T10:00:00Z")',
    });
  }
  return new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toISOString();
}

function shown(value: unknown): string {
  if (value instanceof Date) return "an Invalid Date";
  return typeof value === "number" ? String(value) : typeof value;
}

function notWhole(name: string, value: unknown): UsageError {
  return new UsageError("ARGUMENT_INVALID", `${name} is a whole number, not ${shown(value)}`, {
    hint: "offsets and versions count from 1; offset 0 is before everything",
  });
}
