import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { Divergence, ShownEvent, StreamConflict } from "./migration-plan.js";
import { eventAt, type Relation } from "./relation.js";

/** What differs between two logs that have diverged. Reads what each has written since, and writes nothing. */
export async function divergenceOf(source: EventLog, target: EventLog, relation: Relation): Promise<Divergence> {
  const first = relation.common + 1;
  const [ours, theirs] = [
    await eventCounts(source, first, relation.source.offset),
    await eventCounts(target, first, relation.target.offset),
  ];
  return {
    lastCommonOffset: relation.common,
    source: shownEvent(await eventAt(source, first)),
    target: shownEvent(await eventAt(target, first)),
    sourceEvents: relation.source.offset - relation.common,
    targetEvents: relation.target.offset - relation.common,
    conflicts: conflictsOf(ours, theirs),
  };
}

export function shownEvent({ offset, recordedAt, actor, type, stream, hash }: SealedEvent): ShownEvent {
  return { offset, recordedAt, actor, type, stream, hash };
}

async function eventCounts(log: EventLog, from: number, to: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const { stream } of eventsOf(log.readAll({ from, to }))) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  return counts;
}

function conflictsOf(ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): StreamConflict[] {
  const both = [...ours.keys()].filter((stream) => theirs.has(stream)).sort();
  return both.map((stream) => ({
    stream,
    sourceEvents: ours.get(stream) ?? 0,
    targetEvents: theirs.get(stream) ?? 0,
  }));
}
