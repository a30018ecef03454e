import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { sessions } from "../../projections/sessions.js";
import { stateAt } from "../../src/inspect/state-at.js";
import type { SealedEvent } from "../../src/log/event.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { copyLog } from "../../src/migrate/copy-log.js";
import { type Folded, foldInto } from "../../src/replay/fold.js";
import { BENCH_ACTOR, createdEvent, sampleEvents } from "./events.js";
import type { Bench, Comparison } from "./measure.js";

const EVENTS = 1_000_000;
const STREAMS = 10_000;
const READING = "reading; a process each";
const MAX_ROUNDS = 5;
/** Sessions that are asked for at random offsets, and the share of them that is at most as slow as what counts. */
const READS = 3_000;
const QUANTILE = 0.99;
const LIVE_EVENTS = 20_000;

/** What replaying the large log costs, beside reading it; and what is saved by snapshots. */
export async function replayBench(path: string, sqlitePath: string): Promise<Bench> {
  const cold = async () => run("replay", path);
  const row = (
    name: string,
    peer: string,
    atLeast: number,
    amount: number,
    ours: string,
    theirs = cold,
  ): Comparison => ({
    name,
    peer,
    durability: READING,
    unit: amount === 1 ? "states/s" : "events/s",
    atLeast,
    amount,
    maxRounds: MAX_ROUNDS,
    ours: async () => run(ours, path),
    theirs,
  });
  run("snapshot", path);
  const single = await oneSession(path, sqlitePath);
  return {
    comparisons: [
      row("Cold replay of 1,000,000 events", "reading and parsing alone", 0.55, EVENTS, "replay", async () =>
        run("parse", path),
      ),
      row("Cold replay", "the same fold with one immer produce an event", 2.5, EVENTS, "replay", async () =>
        run("immer", path),
      ),
      row("Replay from a snapshot and 1,000 newer events", "cold replay", 12.5, 1, "open"),
      row("Replay to a random offset, worst, snapshots in memory", "cold replay", 16.7, 1, "worst-in-memory"),
      row("Replay to a random offset, worst, snapshots on disk", "cold replay", 5, 1, "worst-on-disk"),
      await liveFold(),
      single.comparison,
    ],
    close: single.close,
  };
}

/** @returns seconds */
function run(mode: string, path: string): number {
  const worker = fileURLToPath(new URL("./replay-worker.js", import.meta.url));
  return Number(execFileSync(process.execPath, [worker, mode, path], { encoding: "utf8" })) / 1000;
}

/** The page looks at the same log; what counts is its slowest answer while somebody moves through it. */
export function pageComparison(path: string): Comparison {
  return {
    name: "Page: a step at a random offset of 1,000,000 events, slowest answer",
    peer: "cold replay",
    durability: READING,
    unit: "steps/s",
    atLeast: 16.7,
    amount: 1,
    maxRounds: MAX_ROUNDS,
    ours: async () => run("page-step", path),
    theirs: async () => run("replay", path),
  };
}

async function liveFold(): Promise<Comparison> {
  const [many, few] = [await stateOf(100_000), await stateOf(1_000)];
  return {
    name: "Replay live: each event into a state of 100,000 sessions",
    peer: "into a state of 1,000",
    durability: "in memory",
    unit: "events/s",
    atLeast: 0.7,
    amount: LIVE_EVENTS,
    ours: async () => foldAll(many),
    theirs: async () => foldAll(few),
  };
}

interface LiveState {
  readonly folded: Folded<object>;
  readonly events: readonly SealedEvent[];
}

function foldAll({ folded, events }: LiveState): void {
  for (const event of events) foldInto(sessions as never, folded, event);
}

/** A state of so many sessions, and events for them that can be folded again and again. */
async function stateOf(count: number): Promise<LiveState> {
  const log = new MemoryLog();
  const streamOf = (i: number) => `session-task#${(i * 7_919) % count}`;
  for (let from = 0; from < count; from += 1_000) {
    const ids = Array.from({ length: 1_000 }, (_, i) => `task#${from + i}`);
    await log.append(
      ids.map((id) => ({ stream: `session-${id}`, events: [createdEvent(id)] })),
      BENCH_ACTOR,
    );
  }
  const folded: Folded<object> = { documents: new Map(), versions: new Map() };
  for await (const event of eventsOf(log.readAll())) foldInto(sessions as never, folded, event);
  for (const [i, event] of sampleEvents(LIVE_EVENTS).entries()) {
    await log.append({ stream: streamOf(i), events: [event] }, BENCH_ACTOR);
  }
  const events: SealedEvent[] = [];
  for await (const event of eventsOf(log.readAll({ from: count + 1 }))) {
    if (event.data !== null) events.push(event); // parsed beforehand: only folding counts
  }
  return { folded, events };
}

async function oneSession(
  path: string,
  sqlitePath: string,
): Promise<{ comparison: Comparison; close(): Promise<void> }> {
  process.stderr.write("copying them into SQLite …\n");
  const source = await JsonlLog.open(path, { mustExist: true });
  const log = await SqliteLog.open(sqlitePath);
  await copyLog(source, log);
  await source.close();
  const raw = new Database(sqlitePath, { readonly: true });
  const rows = raw.prepare(`SELECT data FROM events WHERE stream = ? AND "offset" <= ? ORDER BY version`).pluck();
  const places = Array.from(
    { length: READS },
    (_, i) => [`task#${(i * 6_007) % STREAMS}`, 1 + ((i * 618_033) % EVENTS)] as const,
  );
  const comparison: Comparison = {
    name: "Replay of one session to a random offset, the slowest 1 % left out",
    peer: "raw indexed read of its rows, data parsed",
    durability: "SQLite; in one process",
    unit: "reads/s",
    atLeast: 0.33,
    amount: 1,
    maxRounds: MAX_ROUNDS, // what is said is one read of three thousand
    ours: () => quantile(places, ([id, asOf]) => stateAt(log, id, asOf)),
    theirs: () =>
      quantile(places, async ([id, asOf]) => {
        for (const text of rows.all(`session-${id}`, asOf)) JSON.parse(text as string);
      }),
  };
  const close = async () => {
    raw.close();
    await log.close();
  };
  return { comparison, close };
}

/** @returns seconds */
async function quantile<T>(places: readonly T[], read: (place: T) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (const place of places) {
    const began = performance.now();
    await read(place);
    times.push((performance.now() - began) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * QUANTILE)] as number;
}
