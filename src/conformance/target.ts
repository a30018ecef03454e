import assert from "node:assert/strict";
import type { NewEvent, SealedEvent } from "../log/event.js";
import { encodeLine } from "../log/event-line.js";
import type { EventLog, OffsetRange } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { Entropy } from "../log/prepare.js";

export interface OpenOptions {
  readonly now: () => Date;
  readonly entropy: Entropy;
}

export interface ConformanceTarget {
  /**
   * Opens the log called `name`. A name that was not opened before is an empty log; the same name again is the same log
   * through a second handle, which only backends with `capabilities.shared` are asked for. Every handle is closed by the
   * suite. Names are short and made of lower-case letters, digits and underscores.
   */
  open(name: string, options: OpenOptions): Promise<EventLog>;
}

export type RegisterTest = (title: string, run: () => Promise<void>) => void;

/** One case: `log` is empty and closed afterwards. `again` opens a second handle on the same log. */
export interface CaseContext {
  readonly log: EventLog;
  readonly clock: ManualClock;
  again(): Promise<EventLog>;
  /** Another empty log. */
  other(): Promise<EventLog>;
}

export type DefineCase = (title: string, run: (context: CaseContext) => Promise<void>) => void;

/** A clock that stands still until it is set. */
export class ManualClock {
  #now = Date.parse("2026-01-31T10:00:00.000Z");

  readonly now = (): Date => new Date(this.#now);

  set(time: string): void {
    this.#now = Date.parse(time);
  }
}

/** Ids and salts that count up, so that two logs fed with the same appends get the same bytes. */
export function countingEntropy(start = 0): Entropy {
  let ids = start;
  let salts = start;
  return {
    newId: () => countedId(++ids),
    newSalt: () => (++salts).toString(16).padStart(32, "0"),
  };
}

export function countedId(n: number): string {
  return `0190a000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

export const ACTOR = { actor: "user:test" };

export function event(type = "test.happened", data: unknown = {}, more: Partial<NewEvent> = {}): NewEvent {
  return { type, data, ...more };
}

export async function appendCount(log: EventLog, stream: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await log.append({ stream, events: [event("test.counted", { i })] }, ACTOR);
}

export async function allEvents(log: EventLog, range?: OffsetRange): Promise<SealedEvent[]> {
  const events: SealedEvent[] = [];
  for await (const one of eventsOf(log.readAll(range))) events.push(one);
  return events;
}

export async function linesOf(log: EventLog): Promise<string[]> {
  return (await allEvents(log)).map(encodeLine);
}

/** Asserts that `act` rejects with `code`, and that the log is the same before and after. */
export async function refuses(log: EventLog, code: string, act: () => Promise<unknown>): Promise<void> {
  const before = await linesOf(log);
  await rejectsWith(code, act);
  assert.deepEqual(await linesOf(log), before, "a refused call must change nothing");
}

export async function rejectsWith(code: string, act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error: { code?: string }) => {
    assert.equal(error.code, code, `expected an error with code ${code}, got: ${String(error)}`);
    return true;
  });
}

/** Polls a condition: for what a backend may do late. */
export async function eventually(what: string, holds: () => boolean, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!holds()) {
    assert.ok(Date.now() < end, `${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
