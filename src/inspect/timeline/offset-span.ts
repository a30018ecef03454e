import { UsageError } from "../../errors.js";

/** A part of a log, both ends inclusive; empty where `from` is greater than `to`. */
export interface OffsetSpan {
  readonly from: number;
  readonly to: number;
}

/** Clipped to the events that are there. @throws UsageError RANGE_INVALID where the ends are the wrong way round */
export function spanWithin({ from = 1, to }: { from?: number; to?: number }, count: number): OffsetSpan {
  if (to !== undefined && from > to) {
    throw new UsageError("RANGE_INVALID", `the range ends at ${to}, before it begins at ${from}`, {
      hint: "the smaller offset comes first",
    });
  }
  return { from: Math.max(1, from), to: Math.min(to ?? count, count) };
}

/** Offsets that lie next to each other in one bucket, so that there are at most `buckets`; at least one. */
export function bucketWidth({ from, to }: OffsetSpan, buckets: number): number {
  return Math.max(1, Math.ceil((to - from + 1) / buckets));
}
