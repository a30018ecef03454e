import { assertOptions } from "../config/known-options.js";
import { IntegrityError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import { lineBytes } from "../log/event-line.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { type EventFilter, eventSelector } from "./event-filter.js";
import { filteredRange } from "./filtered-range.js";
import { type Growth, growthOf } from "./growth.js";
import { NewestDays } from "./newest-days.js";
import { SizeTally } from "./size-tally.js";

/** Of types, categories and streams so many are told apart at least; up to twice as many exactly. */
export const MAX_TOLD_APART = 100_000;

export interface Amount {
  readonly events: number;
  /**
   * Bytes of their lines, as they stand in a JSONL log, newlines included: the same on every backend, so that a log is as
   * large after a migration as before. What the backend itself takes is another question: `storeSizes`.
   */
  readonly bytes: number;
}

export interface AmountOf extends Amount {
  readonly key: string;
}

export interface AmountsBy {
  /** The largest first; those of one size by key. */
  readonly items: readonly AmountOf[];
  /** Everything that is in no item. */
  readonly others: Amount;
  /** Different keys, also those that are no item; null where they are too many to be counted. */
  readonly keys: number | null;
  /**
   * False where there were more keys than can be told apart (see {@link MAX_TOLD_APART}). Then items say at least how many
   * events and bytes they have; what they lack is among the others.
   */
  readonly exact: boolean;
  /** Bytes that an item may lack, at most; every key that is larger has been kept. 0 where it is exact. */
  readonly lacksAtMost: number;
}

export interface AmountOfDay extends Amount {
  /** UTC, `2026-01-31`. */
  readonly day: string;
}

export interface LogStats extends Amount {
  /** The offset at which all this was true. */
  readonly head: number;
  /** Offset and time of the first and the last event that was counted; null where none was. */
  readonly first: { readonly offset: number; readonly recordedAt: string } | null;
  readonly last: { readonly offset: number; readonly recordedAt: string } | null;
  /** Of `bytes`, those that data and meta take; the others are what every event has: place, time, names and hashes. */
  readonly dataBytes: number;
  /** Events whose data was erased. */
  readonly redacted: number;
  readonly types: AmountsBy;
  /** A stream's category is what stands before its first `-`; the whole name where there is none. */
  readonly categories: AmountsBy;
  readonly streams: AmountsBy;
  /** Only days with events, oldest first, at most the newest 366. */
  readonly days: readonly AmountOfDay[];
  /** Of days before these. */
  readonly earlier: Amount;
  /** The last 7, 30 and 365 days up to the day of the last event, as far as the events reach back, then all of them. */
  readonly growth: readonly Growth[];
}

export interface LogStatsOptions {
  /** Inclusive: the log as it was then. Default the tail. */
  readonly head?: number;
  /** Items of each list, from 0. Default 10. */
  readonly top?: number;
  /** Called for every event that was read, also those that do not match. */
  readonly onRead?: (offset: number) => void;
}

/**
 * What a log, or the part of it that a filter asks for, is made of: events and bytes by type, category, stream and day.
 * One pass over the range; memory is bounded by {@link MAX_TOLD_APART} and never grows with the number of events.
 *
 * @throws NotFoundError SESSION_NOT_FOUND where a session of the filter has no event at `head`; UsageError GLOB_INVALID;
 *   TypeError where `top`, `since` or `until` is no whole number from 0; IntegrityError an event cannot be read
 */
export async function logStats(
  log: EventLog,
  filter: EventFilter = {},
  options: LogStatsOptions = {},
): Promise<LogStats> {
  assertLog(log);
  assertOptions("logStats", options, { head: true, top: true, onRead: true });
  const { head: asked, top = 10, onRead } = options;
  if (!Number.isSafeInteger(top) || top < 0) throw new TypeError("top is a whole number from 0");
  const isMeant = eventSelector(filter);
  const { head, from, to } = await filteredRange(log, filter, asked);
  const counting = new Counting();
  if (from < to) {
    for await (const event of eventsOf(log.readAll({ from: from + 1, to }))) {
      onRead?.(event.offset);
      if (isMeant(event)) counting.add(event);
    }
  }
  return { head, ...counting.stats(top) };
}

class Counting {
  readonly #all = { events: 0, bytes: 0 };
  readonly #earlier = { events: 0, bytes: 0 };
  readonly #types = new SizeTally<string>(MAX_TOLD_APART);
  readonly #categories = new SizeTally<string>(MAX_TOLD_APART);
  readonly #streams = new SizeTally<string>(MAX_TOLD_APART);
  readonly #days = new NewestDays<string, { events: number; bytes: number }>(
    () => ({ events: 0, bytes: 0 }),
    (_day, one) => addTo(this.#earlier, one),
  );
  #dataBytes = 0;
  #redacted = 0;
  #day = "";
  #first: LogStats["first"] = null;
  #last: LogStats["last"] = null;

  add(event: SealedEvent): void {
    const bytes = lineBytes(event);
    addTo(this.#all, { events: 1, bytes });
    addTo(this.#days.of(this.#dayOf(event)), { events: 1, bytes });
    this.#types.add(event.type, bytes);
    this.#categories.add(categoryOf(event.stream), bytes);
    this.#streams.add(event.stream, bytes);
    this.#dataBytes += Buffer.byteLength(event.dataText ?? "") + Buffer.byteLength(event.metaText);
    if (event.redacted) this.#redacted++;
    const { offset, recordedAt } = event; // not the event, which may be large
    this.#first ??= { offset, recordedAt };
    this.#last = { offset, recordedAt };
  }

  stats(top: number): Omit<LogStats, "head"> {
    const by = (tally: SizeTally<string>) => amountsBy(tally, this.#all, top);
    const days = this.#days.all().map(([day, amount]) => ({ day, ...amount }));
    return {
      ...this.#all,
      first: this.#first,
      last: this.#last,
      dataBytes: this.#dataBytes,
      redacted: this.#redacted,
      types: by(this.#types),
      categories: by(this.#categories),
      streams: by(this.#streams),
      days,
      earlier: this.#earlier,
      growth: growthOf(days, this.#all, this.#first?.recordedAt),
    };
  }

  /** @throws IntegrityError EVENT_DAMAGED */
  #dayOf({ offset, recordedAt }: SealedEvent): string {
    const day = recordedAt.slice(0, 10);
    if (day === this.#day) return day;
    if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) {
      throw new IntegrityError("EVENT_DAMAGED", `the event at offset ${offset} was recorded at no time`, {
        offset,
        hint: "run: sessiondb verify",
      });
    }
    this.#day = day;
    return day;
  }
}

function amountsBy(tally: SizeTally<string>, all: Amount, top: number): AmountsBy {
  const items = tally.largest(top).map(({ key, events, size }) => ({ key, events, bytes: size }));
  const others = { ...all };
  for (const { events, bytes } of items) addTo(others, { events: -events, bytes: -bytes });
  const { isExact: exact, missedAtMost: lacksAtMost } = tally;
  return { items, others, keys: exact ? tally.keys : null, exact, lacksAtMost };
}

function addTo(sum: { events: number; bytes: number }, { events, bytes }: Amount): void {
  sum.events += events;
  sum.bytes += bytes;
}

function categoryOf(stream: string): string {
  const end = stream.indexOf("-");
  return end === -1 ? stream : stream.slice(0, end);
}
