import { UsageError } from "../../../../errors.js";
import {
  DEFAULT_AHEAD,
  type LogPartition,
  MAX_AHEAD,
  type PartitionPlan,
  type PartitionRequest,
  type PartitionState,
} from "../../../partitions.js";
import { partitionName } from "./partition-catalog.js";

/**
 * What a request makes of a log. The last partition always takes whatever comes, so no append ever lacks one: what waits
 * behind the end of the log only keeps that last one from growing.
 *
 * @param tableBytes of the table that the events lie in, where it is one
 * @throws UsageError ARGUMENT_INVALID, also where nobody says how large they shall be
 */
export function planPartitions(state: PartitionState, request: PartitionRequest, tableBytes: number): PartitionPlan {
  const { offset, partitions } = state;
  const ahead = inRange("ahead", request.ahead ?? DEFAULT_AHEAD, 1, MAX_AHEAD);
  const events = inRange("events", request.events ?? sizeOf(partitions), 1, Number.MAX_SAFE_INTEGER / (MAX_AHEAD * 2));
  const converts = partitions.length === 0;
  const waiting = partitions.filter(({ from }) => from !== null && from > offset).length;
  const open = partitions.at(-1);
  const added: number[] = [];
  for (let next = nextStart(open?.from ?? 1, offset, events); waiting + added.length < ahead; next += events) {
    added.push(next);
  }
  const holdsEvents = open === undefined || open.from === null || open.from <= offset;
  const checkedBytes = added.length > 0 && holdsEvents ? (open?.bytes ?? tableBytes) : 0;
  const bounded = [...toBound(partitions, offset), ...added.filter((from) => offset >= from - 1).map(partitionName)];
  return { ...state, events, converts, added, checkedBytes, bounded };
}

/** Where the partition behind the last one begins: behind the end of the log, a multiple of `events` from where that began. */
function nextStart(from: number, tail: number, events: number): number {
  return from + events * Math.max(1, Math.ceil((tail + 1 - from) / events));
}

/** Once all events before a partition are there, one id is above all of theirs. */
function toBound(partitions: readonly LogPartition[], tail: number): string[] {
  return partitions
    .filter(({ guard, from }) => guard === "lookup" && from !== null && tail >= from - 1)
    .map(({ name }) => name);
}

function sizeOf(partitions: readonly LogPartition[]): number {
  const newest = partitions.findLast(({ from, to }) => from !== null && to !== null);
  if (newest !== undefined) return Number(newest.to) - Number(newest.from) + 1;
  const first = partitions[0];
  if (first !== undefined && first.to !== null) return first.to;
  throw new UsageError("ARGUMENT_INVALID", "nobody says how many events a partition shall take", {
    hint: "for example: sessiondb partition --events 10000000",
  });
}

function inRange(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new UsageError("ARGUMENT_INVALID", `${name} must be a whole number from ${least}, not ${String(value)}`, {
    hint: `take ${least} to ${Math.floor(most)}`,
  });
}
