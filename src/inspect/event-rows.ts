import { collabSessionOf } from "../../projections/collab-streams.js";
import { sessionIdOf } from "../../projections/sessions.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { eventPaths } from "./event-paths.js";

/** Paths that a row names. */
const MAX_ROW_PATHS = 4;
/** Offsets that are nearer to each other are read at once. */
const MAX_GAP = 16;

/** An event in a list: what it did, without its data. */
export interface EventRow {
  readonly offset: number;
  readonly version: number;
  readonly stream: string;
  readonly session: string | null;
  /** The collaborative session that it is about. */
  readonly collab: string | null;
  readonly type: string;
  readonly recordedAt: string;
  readonly actor: string;
  readonly reason: string | null;
  /** JSON Pointers of what it wrote, the first of them. */
  readonly paths: readonly string[];
  /** How many there are in all. */
  readonly pathCount: number;
  readonly redacted: boolean;
}

/** The events at some offsets. @param offsets ascending */
export async function eventRows(log: EventLog, offsets: readonly number[]): Promise<EventRow[]> {
  assertLog(log);
  const wanted = new Set(offsets);
  const rows: EventRow[] = [];
  for (const [from, to] of runsOf(offsets)) {
    for await (const event of eventsOf(log.readAll({ from, to }))) {
      if (wanted.has(event.offset)) rows.push(eventRow(event));
    }
  }
  return rows;
}

export function eventRow(event: SealedEvent): EventRow {
  const { offset, version, stream, type, recordedAt, actor, meta, redacted } = event;
  const reason = typeof meta.reason === "string" ? meta.reason : null;
  const paths = eventPaths(event).map(({ path }) => path);
  const [session, collab] = [sessionIdOf(stream) ?? null, collabSessionOf(stream) ?? null];
  const told = { paths: paths.slice(0, MAX_ROW_PATHS), pathCount: paths.length };
  return { offset, version, stream, session, collab, type, recordedAt, actor, reason, ...told, redacted };
}

function runsOf(offsets: readonly number[]): Array<readonly [from: number, to: number]> {
  const runs: Array<[number, number]> = [];
  for (const offset of offsets) {
    const last = runs.at(-1);
    if (last !== undefined && offset - last[1] <= MAX_GAP) last[1] = offset;
    else runs.push([offset, offset]);
  }
  return runs;
}
