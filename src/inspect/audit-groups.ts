import { UsageError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { type AuditEntry, type AuditOptions, type AuditSummary, audit, streamCounts } from "./audit.js";
import type { EventFilter } from "./event-filter.js";

/** `day` is a UTC day, `2026-01-31`. */
export const GROUP_BY = ["actor", "type", "path", "session", "day"] as const;
export type GroupBy = (typeof GROUP_BY)[number];

/** Groups, and in them different sessions and different paths, that are kept at once: some hundred megabytes. */
export const MAX_GROUPED = 3_000_000;

export interface AuditGroup {
  /** Actor, type, JSON Pointer, session id (or another stream's name), UTC day; null for events that write no place. */
  readonly key: string | null;
  readonly events: number;
  /** Different sessions. */
  readonly sessions: number;
  /** Different streams of other kinds. */
  readonly otherStreams: number;
  /** JSON Pointers, sorted; with a condition on paths only those that match. */
  readonly paths: readonly string[];
  /** recordedAt of the last event. */
  readonly last: string;
  readonly lastOffset: number;
}

export interface AuditGroups {
  /** The one with most events first; days in their order. */
  readonly groups: readonly AuditGroup[];
  readonly summary: AuditSummary;
}

/**
 * The events of {@link audit}, counted by one of their sides. Grouped by path, an event counts in the group of each place
 * that it wrote, so the groups add up to more than the events.
 *
 * @throws as audit; UsageError AUDIT_TOO_LARGE where there are more than {@link MAX_GROUPED} things to tell apart
 */
export async function auditGroups(
  log: EventLog,
  filter: EventFilter,
  by: GroupBy,
  options: AuditOptions = {},
): Promise<AuditGroups> {
  assertLog(log);
  const groups = new Grouping(by);
  const entries = audit(log, filter, options);
  for (;;) {
    const step = await entries.next();
    if (step.done === true) return { groups: groups.sorted(), summary: step.value };
    groups.add(step.value);
  }
}

interface Growing {
  readonly key: string | null;
  readonly streams: Set<string>;
  readonly paths: Set<string>;
  events: number;
  last: AuditEntry;
}

class Grouping {
  readonly #by: GroupBy;
  readonly #groups = new Map<string, Growing>();
  #kept = 0;

  constructor(by: GroupBy) {
    this.#by = by;
  }

  add(entry: AuditEntry): void {
    for (const [name, key] of this.#keysOf(entry)) this.#addTo(name, key, entry);
  }

  sorted(): AuditGroup[] {
    const groups = [...this.#groups.values()].map(({ key, events, streams, paths, last }) => ({
      key,
      events,
      ...streamCounts(streams),
      paths: [...paths].sort(),
      last: last.recordedAt,
      lastOffset: last.offset,
    }));
    const byKey = (a: AuditGroup, b: AuditGroup) => order(a.key ?? "", b.key ?? "") || a.lastOffset - b.lastOffset;
    if (this.#by === "day") return groups.sort(byKey);
    return groups.sort((a, b) => b.events - a.events || byKey(a, b));
  }

  /** What tells groups apart, and what they are called: a session and another stream may have one name. */
  #keysOf(entry: AuditEntry): Array<readonly [name: string, key: string | null]> {
    switch (this.#by) {
      case "actor":
        return [[entry.actor, entry.actor]];
      case "type":
        return [[entry.type, entry.type]];
      case "session":
        return [[entry.stream, entry.session ?? entry.stream]];
      case "day":
        return [[entry.recordedAt.slice(0, 10), entry.recordedAt.slice(0, 10)]];
      case "path":
        return entry.paths.length === 0 ? [["none", null]] : entry.paths.map((path) => [path, path] as const);
      default:
        throw new TypeError(`unhandled ${this.#by satisfies never}`);
    }
  }

  #addTo(name: string, key: string | null, entry: AuditEntry): void {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { key, streams: new Set(), paths: new Set(), events: 0, last: entry };
      this.#groups.set(name, group);
      this.#keep(1);
    }
    group.events++;
    group.last = entry;
    this.#addNew(group.streams, entry.stream);
    const paths = this.#by === "path" && key !== null ? [key] : entry.paths;
    for (const path of paths) this.#addNew(group.paths, path);
  }

  #addNew(set: Set<string>, one: string): void {
    const before = set.size;
    set.add(one);
    this.#keep(set.size - before);
  }

  #keep(more: number): void {
    this.#kept += more;
    if (this.#kept <= MAX_GROUPED) return;
    throw new UsageError("AUDIT_TOO_LARGE", `more than ${MAX_GROUPED} groups, sessions and paths to tell apart`, {
      hint: "narrow it with --since, --session, --actor or --path, or group --ndjson in another program",
    });
  }
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
