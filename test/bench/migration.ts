import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { copyLog } from "../../src/migrate/copy-log.js";
import { CopyPeer } from "./copy-peer.js";
import type { Bench, Comparison } from "./measure.js";
import { writeLargeLog } from "./read-1m.js";
import { mib } from "./report.js";

const SIZES = [
  { events: 1_000_000, sessions: 10_000, atLeast: 0.75 },
  { events: 5_000, sessions: 1_000, atLeast: undefined },
];
const MAX_ROUNDS = 3;

interface Migrated {
  readonly ms: number;
  readonly maxRssBytes: number;
}

/** A migration as the command runs it (plan, copy, verify), beside what only copies the rows. pgloader is not measured. */
export async function migrationBench(url: string, folder: string): Promise<Bench & { memory(): string }> {
  const peer = await CopyPeer.connect(url);
  let targets = 0;
  let mostBytes = 0;
  const row = async ({ events, sessions, atLeast }: (typeof SIZES)[number]): Promise<Comparison> => {
    const source = join(folder, `source-${events}.db`);
    const rows = join(folder, `rows-${events}.txt`);
    await fill(source, events, sessions, (log) => peer.writeRows(log, rows));
    return {
      name: `Migration of ${events.toLocaleString("en")} events (${sessions.toLocaleString("en")} sessions), SQLite to Postgres`,
      peer: `${peer.name} of the same rows, same columns and indexes; nothing checked`,
      durability: "synchronous_commit=on, both; TCP",
      unit: "events/s",
      ...(atLeast === undefined ? {} : { atLeast }),
      amount: events,
      maxRounds: MAX_ROUNDS,
      ours: async () => {
        const schema = `bench_to_${++targets}`;
        const { ms, maxRssBytes } = migrate(`sqlite:${source}`, withSchema(url, schema));
        mostBytes = Math.max(mostBytes, maxRssBytes);
        await peer.drop(schema);
        return ms / 1000;
      },
      theirs: () => peer.copy(rows),
    };
  };
  const comparisons: Comparison[] = [];
  for (const size of SIZES) comparisons.push(await row(size));
  const memory = () => `A migration keeps at most ${mib(mostBytes)} MiB resident (promised: at most 150).`;
  return { comparisons, close: () => peer.close(), memory };
}

/** Each in a process of its own, so that it has its own heap and its own peak of memory. */
function migrate(source: string, target: string): Migrated {
  const worker = fileURLToPath(new URL("./migration-worker.js", import.meta.url));
  const printed = execFileSync(process.execPath, [worker, source, target], { encoding: "utf8" });
  process.stderr.write(`${printed}\n`);
  return JSON.parse(printed) as Migrated;
}

async function fill(
  path: string,
  events: number,
  sessions: number,
  use: (log: SqliteLog) => Promise<void>,
): Promise<void> {
  process.stderr.write(`writing ${events.toLocaleString("en")} events …\n`);
  writeLargeLog(`${path}.jsonl`, events, sessions);
  const written = await JsonlLog.open(`${path}.jsonl`, { mustExist: true });
  const log = await SqliteLog.open(path);
  await copyLog(written, log);
  await use(log);
  await log.close();
  await written.close();
}

function withSchema(url: string, schema: string): string {
  const address = new URL(url);
  address.searchParams.set("schema", schema);
  return address.href;
}
