import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { CopyPeer } from "./copy-peer.js";
import type { Bench, Comparison } from "./measure.js";
import { PgloaderPeer } from "./pgloader-peer.js";
import { copyToSqlite, writeLargeLog } from "./read-1m.js";
import { mib } from "./report.js";

interface Size {
  readonly events: number;
  readonly sessions: number;
}

const MILLION: Size = { events: 1_000_000, sessions: 10_000 };
/** pgloader takes long. */
const LOADED: Size = { events: 200_000, sessions: 2_000 };
const THOUSAND_SESSIONS: Size = { events: 5_000, sessions: 1_000 };
const MAX_ROUNDS = 5;

interface Migrated {
  /** Of planning, copying and verifying. */
  readonly ms: number;
  readonly copyMs: number;
  readonly maxRssBytes: number;
}

/**
 * A migration as the command runs it (plan, copy, verify), beside what only copies the rows. Between SQLite and Postgres the
 * copy goes on while what has arrived is read back and verified already, so its time is not of copying alone.
 */
export async function migrationBench(url: string, folder: string): Promise<Bench & { remarks(): string[] }> {
  const peer = await CopyPeer.connect(url);
  const loader = PgloaderPeer.find(url);
  let targets = 0;
  let mostBytes = 0;
  const migrated = async (size: Size): Promise<Migrated> => {
    const schema = `bench_to_${++targets}`;
    const migration = migrate(`sqlite:${sourceOf(folder, size)}`, withSchema(url, schema));
    mostBytes = Math.max(mostBytes, migration.maxRssBytes);
    await peer.drop(schema);
    return migration;
  };
  const row = (what: string, size: Size, msOf: (migration: Migrated) => number, atLeast?: number): Comparison => ({
    name: `${what} of ${size.events.toLocaleString("en")} events (${size.sessions.toLocaleString("en")} sessions), SQLite to Postgres`,
    peer: `${peer.name} of the same rows, same columns and indexes; nothing checked`,
    durability: "synchronous_commit=on, both; TCP",
    unit: "events/s",
    ...(atLeast === undefined ? {} : { atLeast }),
    amount: size.events,
    maxRounds: MAX_ROUNDS,
    ours: async () => msOf(await migrated(size)) / 1000,
    theirs: () => peer.copy(`${sourceOf(folder, size)}.txt`),
  });
  const copied = ({ copyMs }: Migrated) => copyMs;
  for (const size of [MILLION, THOUSAND_SESSIONS]) {
    const source = sourceOf(folder, size);
    await fill(source, size, (log) => peer.writeRows(log, `${source}.txt`));
  }
  const comparisons = [
    row("Migration, its copying,", MILLION, copied, 0.75),
    row("Migration (plan, copy, verify)", MILLION, ({ ms }) => ms, 0.75),
    row("Migration (plan, copy, verify)", THOUSAND_SESSIONS, ({ ms }) => ms),
  ];
  if (loader !== undefined) {
    const source = sourceOf(folder, LOADED);
    await fill(source, LOADED, async () => loader.prepare(source, `${source}.rows.db`));
    const beside = { peer: loader.name, theirs: () => loader.load(`${source}.rows.db`) };
    comparisons.push({ ...row("Migration, its copying,", LOADED, copied, 1.4), ...beside });
    comparisons.push({ ...row("Migration (plan, copy, verify)", LOADED, ({ ms }) => ms), ...beside });
  }
  const memory = () => `A migration keeps at most ${mib(mostBytes)} MiB resident (promised: at most 150).`;
  const missing = loader === undefined ? ["pgloader is not on this machine, so it was not measured."] : [];
  return { comparisons, close: () => peer.close(), remarks: () => [memory(), ...missing] };
}

/** Each in a process of its own, so that it has its own heap and its own peak of memory. */
function migrate(source: string, target: string): Migrated {
  const worker = fileURLToPath(new URL("./migration-worker.js", import.meta.url));
  const printed = execFileSync(process.execPath, [worker, source, target], { encoding: "utf8" });
  process.stderr.write(`${printed}\n`);
  return JSON.parse(printed) as Migrated;
}

function sourceOf(folder: string, { events }: Size): string {
  return join(folder, `source-${events}.db`);
}

async function fill(path: string, { events, sessions }: Size, use: (log: SqliteLog) => Promise<void>): Promise<void> {
  process.stderr.write(`writing ${events.toLocaleString("en")} events …\n`);
  writeLargeLog(`${path}.jsonl`, events, sessions);
  await copyToSqlite(`${path}.jsonl`, path);
  const log = await SqliteLog.open(path, { readOnly: true });
  await use(log);
  await log.close();
}

function withSchema(url: string, schema: string): string {
  const address = new URL(url);
  address.searchParams.set("schema", schema);
  return address.href;
}
