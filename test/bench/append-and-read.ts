import type { EventLog } from "../../src/log/event-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { BENCH_ACTOR, sampleEvents } from "./events.js";
import type { Comparison } from "./measure.js";

const BATCHES = 30;
const STREAMS = 100;
const READ_EVENTS = 20_000;

/** An event store with nothing but the two operations that each of them has. */
export interface Appender {
  append(stream: string, count: number, from: number): Promise<unknown>;
  /** Every event from the first one, with its data parsed. @returns how many there were */
  readAll(): Promise<number>;
}

export function appenderOf(log: EventLog): Appender {
  return {
    append: (stream, count, from) => log.append({ stream, events: sampleEvents(count, from) }, BENCH_ACTOR),
    readAll: async () => {
      let count = 0;
      for await (const { data } of eventsOf(log.readAll())) if (data !== undefined) count++;
      return count;
    },
  };
}

interface Against {
  readonly backend: string;
  readonly peer: string;
  readonly durability: string;
  /** What is promised of append 1, append 100 and reading everything. */
  readonly atLeast: readonly [number, number, number];
  /** Appends of one event in one piece of work. */
  readonly appends: number;
}

/** Stores that are read hold READ_EVENTS events; others grow by what is appended. */
export async function appendAndRead(
  { backend, peer, durability, atLeast, appends }: Against,
  written: readonly [Appender, Appender],
  read: readonly [Appender, Appender],
): Promise<Comparison[]> {
  for (const store of read) await fill(store);
  const ones = appendOnes(appends);
  const row = (name: string, promised: number, amount: number) => ({
    name: `${backend} ${name}`,
    peer,
    atLeast: promised,
    unit: "events/s",
    amount,
  });
  const appended = { durability, ours: () => ones(written[0]), theirs: () => ones(written[1]) };
  return [
    { ...row("append of 1", atLeast[0], appends), ...appended },
    {
      ...row("append of 100", atLeast[1], BATCHES * 100),
      durability,
      ours: () => appendHundreds(written[0]),
      theirs: () => appendHundreds(written[1]),
    },
    {
      ...row(`read of all of ${READ_EVENTS.toLocaleString("en")} events`, atLeast[2], READ_EVENTS),
      durability: "reading",
      ours: () => readWhole(read[0]),
      theirs: () => readWhole(read[1]),
    },
  ];
}

function appendOnes(appends: number): (store: Appender) => Promise<void> {
  let n = 0;
  return async (store) => {
    for (let i = 0; i < appends; i++) await store.append(`session-${n++ % STREAMS}`, 1, n);
  };
}

async function appendHundreds(store: Appender): Promise<void> {
  for (let i = 0; i < BATCHES; i++) await store.append(`session-b${i}`, 100, i);
}

async function fill(store: Appender): Promise<void> {
  for (let from = 0; from < READ_EVENTS; from += 100) {
    await store.append(`session-r${(from / 100) % STREAMS}`, 100, from);
  }
}

async function readWhole(store: Appender): Promise<void> {
  const count = await store.readAll();
  if (count !== READ_EVENTS) throw new Error(`${count} events were read, not ${READ_EVENTS}`);
}
