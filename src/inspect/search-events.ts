import { assertOptions } from "../config/known-options.js";
import { UsageError } from "../errors.js";
import { assertCount } from "../log/assert-limits.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { type EventFilter, eventSelector } from "./event-filter.js";
import { type EventItem, eventItem } from "./event-item.js";

export const MAX_SEARCH_TEXT_CHARS = 200;
/** Read at once. */
const WINDOW = 500;
/** Shown around what was found. */
const SNIPPET_CHARS = 60;

export interface SearchEventsOptions {
  /** Text that is looked for, in any case: in the data, the reason, the actor, the type and the stream. */
  readonly text: string;
  /** Search at and before this offset (inclusive). Default the tail. */
  readonly before?: number;
  /** Hits at most. Default 50. */
  readonly limit?: number;
  /** Events that are looked at, at most: then the answer says where to go on. Default 20,000. */
  readonly maxRead?: number;
}

export interface FoundEvent extends Omit<EventItem, "patch" | "data"> {
  /** Where it was found. */
  readonly field: "data" | "meta" | "actor" | "type" | "stream";
  /** What stands there, with a little around it. */
  readonly snippet: string;
}

export interface FoundEvents {
  /** Newest first. */
  readonly hits: readonly FoundEvent[];
  /** Everything behind this offset (exclusive) up to `before` was looked at: go on with `before` at this one. 0: all. */
  readonly next: number;
  readonly read: number;
}

/**
 * Events that hold a text, the newest first. Bounded work: where the log is long it stops and says where to go on.
 *
 * @throws UsageError QUERY_INVALID for an empty text, or one that is too long; GLOB_INVALID; TypeError where a number is
 *   no whole one: `before` from 0, `limit` and `maxRead` from 1
 */
export async function searchEvents(
  log: EventLog,
  filter: EventFilter,
  options: SearchEventsOptions,
): Promise<FoundEvents> {
  assertLog(log);
  assertOptions("searchEvents", options, { text: true, before: true, limit: true, maxRead: true });
  const { text, before, limit = 50, maxRead = 20_000 } = options;
  const find = finder(text);
  if (before !== undefined) assertCount("before", before, 0);
  assertCount("limit", limit, 1);
  assertCount("maxRead", maxRead, 1);
  const isMeant = eventSelector(filter);
  const tail = await log.tail();
  const start = Math.min(before ?? tail.offset, tail.offset);
  const last = Math.max(0, start - maxRead);
  const hits: FoundEvent[] = [];
  for (let to = start; to > last; to -= WINDOW) {
    const window = await eventsBetween(log, Math.max(last, to - WINDOW) + 1, to);
    for (const event of window.reverse()) {
      const found = isMeant(event) ? find(event) : undefined;
      if (found === undefined) continue;
      hits.push(hitOf(event, found));
      if (hits.length === limit) return { hits, next: event.offset - 1, read: start - event.offset + 1 };
    }
  }
  return { hits, next: last, read: start - last };
}

async function eventsBetween(log: EventLog, from: number, to: number): Promise<SealedEvent[]> {
  const events: SealedEvent[] = [];
  for await (const page of log.readAll({ from, to })) events.push(...page);
  return events;
}

type Found = Pick<FoundEvent, "field" | "snippet">;

/** Looks into the stored text, so that a long log is not parsed. */
function finder(text: string): (event: SealedEvent) => Found | undefined {
  if (typeof text !== "string" || text.trim() === "" || text.length > MAX_SEARCH_TEXT_CHARS) {
    throw new UsageError("QUERY_INVALID", `a search takes 1 to ${MAX_SEARCH_TEXT_CHARS} characters`, {
      hint: "write a part of a value, a reason, an actor or a session's name",
    });
  }
  const wanted = text.toLowerCase();
  // In JSON a quote or a backslash is written with another one before it.
  const escaped = JSON.stringify(wanted).slice(1, -1);
  return (event) => {
    const places = [
      ["stream", event.stream, wanted],
      ["type", event.type, wanted],
      ["actor", event.actor, wanted],
      ["meta", event.metaText, escaped],
      ["data", event.dataText ?? "", escaped],
    ] as const;
    for (const [field, content, needle] of places) {
      const at = content.toLowerCase().indexOf(needle);
      if (at !== -1) return { field, snippet: snippetOf(content, at, needle.length) };
    }
    return undefined;
  };
}

function snippetOf(content: string, at: number, length: number): string {
  const [from, to] = [Math.max(0, at - SNIPPET_CHARS), Math.min(content.length, at + length + SNIPPET_CHARS)];
  return `${from > 0 ? "…" : ""}${content.slice(from, to)}${to < content.length ? "…" : ""}`;
}

function hitOf(event: SealedEvent, found: Found): FoundEvent {
  const { patch: _patch, data: _data, ...item } = eventItem(event);
  return { ...item, ...found };
}
