import { statfsSync } from "node:fs";
import { join } from "node:path";
import { copyLog } from "../../src/migrate/copy-log.js";
import { openLog } from "../../src/open-log.js";
import { GROWTH_WORKS, type GrownLog, type GrowthWork } from "./growth-works.js";
import { median } from "./measure.js";
import { ownDatabase } from "./own-database.js";
import type { Place } from "./place.js";
import { writeLargeLog } from "./read-1m.js";
import { machine } from "./report.js";

/** What a session goes through stays the same, 100 events, while there are more of them; the last has more sessions. */
const SIZES = [
  { events: 10_000, sessions: 100 },
  { events: 100_000, sessions: 1_000 },
  { events: 1_000_000, sessions: 10_000 },
  { events: 1_000_000, sessions: 100_000 },
];
/** Only where it is asked for. */
const LARGE = { events: 10_000_000, sessions: 100_000 };
/** Of disk, for all of them in three backends: measured, and some room. */
const [BYTES, LARGE_BYTES] = [8e9, 50e9];
export const GROWTH_BACKENDS = ["JSONL", "SQLite", "Postgres"] as const;
type Backend = (typeof GROWTH_BACKENDS)[number];

export interface GrowthPoint {
  readonly events: number;
  readonly sessions: number;
  /** Median of the rounds. */
  readonly ms: number;
}

/** How the cost of one kind of work grows with the log. */
export interface GrowthRow {
  readonly backend: Backend;
  readonly work: string;
  readonly atMost?: number;
  readonly rounds: number;
  readonly points: readonly GrowthPoint[];
  /** Time in the log of 1,000,000 events / time in the one of 10,000, of sessions as long: median of the rounds. */
  readonly factor: number;
  /** The same of 10,000,000 events, where they were measured. */
  readonly largeFactor?: number;
  readonly machine: string;
  readonly measuredOn: string;
}

/** Sizes are measured in turn, so that drift of the machine hits all. `withLarge`: also in a log of 10,000,000 events. */
export async function measureGrowth(place: Place, rounds: number, withLarge: boolean): Promise<GrowthRow[]> {
  assertRoom(place.folder, withLarge ? LARGE_BYTES : BYTES);
  const files = [...SIZES, ...(withLarge ? [LARGE] : [])].map((size) => ({
    ...size,
    url: `jsonl:${writeLog(place.folder, size)}`,
  }));
  const rows: GrowthRow[] = [];
  for (const backend of GROWTH_BACKENDS) {
    const logs = await openAll(backend, files, place);
    for (const work of GROWTH_WORKS) {
      process.stderr.write(`growth: ${backend}, ${work.name} …\n`);
      rows.push(await measureWork(backend, work, logs, rounds));
    }
    for (const { log } of logs) await log.close();
  }
  return rows;
}

function assertRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes) throw new Error(`the logs of growth take ${bytes / 1e9} GB in ${folder}: set TMPDIR`);
}

type Size = (typeof SIZES)[number];

function writeLog(folder: string, { events, sessions }: Size): string {
  process.stderr.write(`growth: writing ${events.toLocaleString("en")} events …\n`);
  const path = join(folder, `grown-${events}-${sessions}.jsonl`);
  writeLargeLog(path, events, sessions);
  return path;
}

async function openAll(
  backend: Backend,
  files: readonly (Size & { url: string })[],
  place: Place,
): Promise<GrownLog[]> {
  const logs: GrownLog[] = [];
  for (const { url: source, events, sessions } of files) {
    const url = backend === "JSONL" ? source : await copyTo(backend, source, `grown_${events}_${sessions}`, place);
    logs.push({ url, events, sessions, log: await openLog(url) });
  }
  return logs;
}

async function copyTo(backend: Backend, source: string, name: string, place: Place): Promise<string> {
  process.stderr.write(`growth: copying ${name} into ${backend} …\n`);
  const url =
    backend === "SQLite"
      ? `sqlite:${join(place.folder, `${name}.db`)}`
      : await ownDatabase(await place.postgres(), name);
  const [from, to] = [await openLog(source, { mustExist: true }), await openLog(url)];
  await copyLog(from, to);
  await from.close();
  await to.close();
  return url;
}

async function measureWork(
  backend: Backend,
  work: GrowthWork,
  logs: readonly GrownLog[],
  wantedRounds: number,
): Promise<GrowthRow> {
  const rounds = Math.min(wantedRounds, work.maxRounds ?? wantedRounds);
  const times = logs.map((): number[] => []);
  if (rounds > 1) for (const grown of logs) await work.measure(grown);
  for (let round = 0; round < rounds; round++) {
    for (const [i, grown] of logs.entries()) times[i]?.push(await work.measure(grown));
  }
  const factorOf = (large: Size) => {
    const [some, most] = [SIZES[0] as Size, large].map((size) => times[sizeAt(logs, size)]);
    return some && most && median(most.map((ms, round) => ms / (some[round] as number)));
  };
  const largeFactor = factorOf(LARGE);
  return {
    backend,
    work: work.name,
    ...(work.atMost === undefined ? {} : { atMost: work.atMost }),
    rounds,
    points: logs.map(({ events, sessions }, i) => ({ events, sessions, ms: median(times[i] as number[]) })),
    factor: factorOf(SIZES[2] as Size) as number,
    ...(largeFactor === undefined ? {} : { largeFactor }),
    machine: machine(),
    measuredOn: new Date().toISOString().slice(0, 10),
  };
}

function sizeAt(logs: readonly GrownLog[], { events, sessions }: Size): number {
  return logs.findIndex((log) => log.events === events && log.sessions === sessions);
}
