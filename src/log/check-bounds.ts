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

function notWhole(name: string, value: unknown): UsageError {
  const shown = typeof value === "number" ? String(value) : typeof value;
  return new UsageError("ARGUMENT_INVALID", `${name} is a whole number, not ${shown}`, {
    hint: "offsets and versions count from 1; offset 0 is before everything",
  });
}
