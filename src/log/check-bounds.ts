import { UsageError } from "../errors.js";

const BOUNDS = ["from", "to", "toOffset"] as const;

type Bounds = { readonly [name in (typeof BOUNDS)[number]]?: unknown };

/**
 * NaN, or a text, compares with nothing: a read with such a bound would be empty, and a cut would take everything. Bounds
 * outside the log are fine.
 *
 * @throws UsageError ARGUMENT_INVALID
 */
export function assertBounds(bounds: Bounds): void {
  for (const name of BOUNDS) {
    const value = bounds[name];
    if (value === undefined || isWhole(value)) continue;
    throw notWhole(name, value);
  }
}

/**
 * The same of a read of one stream. What is no text would be read as a stream without events, or as one of that name:
 * `undefined` as `session-undefined`.
 *
 * @throws UsageError ARGUMENT_INVALID
 */
export function assertStreamRead(stream: unknown, bounds: Bounds): void {
  if (typeof stream !== "string") {
    throw new UsageError("ARGUMENT_INVALID", `a stream is named by a text, not ${shown(stream)}`, {
      hint: "for example session-auth",
    });
  }
  assertBounds(bounds);
}

/** Also the infinite ones: they stand for the ends of the log. */
export function isWhole(value: unknown): value is number {
  return Number.isInteger(value) || value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
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
