import { join } from "node:path";
import Database from "better-sqlite3";
import pg from "pg";
import type { EventLog } from "../../src/log/event-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { Checkpoints, POSTGRES_SAVER, SQLITE_SAVER } from "./langgraph.js";
import type { Bench, Comparison } from "./measure.js";
import { ownDatabase } from "./own-database.js";
import { named } from "./peers.js";

/** What one thread of an agent goes through before it is measured how much it has written. */
const STEPS = 500;

/** A thread that grows by one message a step; each step is durable before the next one begins. */
interface Threads {
  step(thread: string, message: AgentMessage): Promise<unknown>;
  /** What somebody who resumes the thread gets. */
  messages(thread: string): Promise<number>;
}

export interface AgentMessage {
  readonly role: string;
  readonly content: string;
  readonly id: string;
}

export async function agentSqliteBench(folder: string): Promise<Bench> {
  const [path, peerPath] = [join(folder, "agent.db"), join(folder, "langgraph.db")];
  const log = await SqliteLog.open(path);
  const saver = Checkpoints.inSqlite(peerPath);
  const facts = { backend: "SQLite", peer: named(SQLITE_SAVER), durability: "WAL, synchronous=FULL, both" };
  const sizes = [() => sqliteBytes(path), () => sqliteBytes(peerPath)] as const;
  const close = async () => {
    await saver.close();
    await log.close();
  };
  return { comparisons: rows(facts, threadsOf(log), saver, sizes), close };
}

export async function agentPostgresBench(server: string): Promise<Bench> {
  const [url, peerUrl] = [await ownDatabase(server, "agent"), await ownDatabase(server, "langgraph")];
  const log = await PostgresLog.open(url, {});
  const saver = await Checkpoints.inPostgres(peerUrl);
  const facts = { backend: "Postgres", peer: named(POSTGRES_SAVER), durability: "synchronous_commit=on, both; TCP" };
  const sizes = [() => postgresBytes(url), () => postgresBytes(peerUrl)] as const;
  const close = async () => {
    await saver.close();
    await log.close();
  };
  return { comparisons: rows(facts, threadsOf(log), saver, sizes), close };
}

function rows(
  { backend, peer, durability }: { backend: string; peer: string; durability: string },
  ours: Threads,
  theirs: Threads,
  [ourBytes, theirBytes]: readonly [() => Promise<number>, () => Promise<number>],
): Comparison[] {
  const shared = { peer: `${peer}, put and putWrites`, durability, amount: STEPS };
  return [
    {
      ...shared,
      name: `Agent thread: a durable step of one of ${STEPS}, ${backend}`,
      unit: "steps/s",
      atLeast: 1.4,
      ours: () => newThread(ours),
      theirs: () => newThread(theirs),
    },
    {
      ...shared,
      name: `Agent thread: bytes that a step leaves, of ${STEPS}, ${backend}`,
      unit: "bytes/step",
      cost: true,
      atLeast: 10,
      maxRounds: 5,
      ours: () => grownBy(ourBytes, () => newThread(ours)),
      theirs: () => grownBy(theirBytes, () => newThread(theirs)),
    },
  ];
}

let threads = 0;

async function newThread(store: Threads): Promise<void> {
  const thread = `thread-${++threads}`;
  for (let i = 0; i < STEPS; i++) await store.step(thread, messageOf(i));
  const found = await store.messages(thread);
  if (found !== STEPS) throw new Error(`${found} messages were read back, not ${STEPS}`);
}

/** About 600 bytes, as people and models write them. */
function messageOf(i: number): AgentMessage {
  const words = Array.from({ length: 80 }, (_, j) => `word${(i * 7 + j * j) % 997}`);
  return { role: i % 2 === 0 ? "human" : "ai", content: words.join(" "), id: `message-${i}` };
}

function threadsOf(log: EventLog): Threads {
  return {
    step: (stream, message) =>
      log.append({ stream, events: [{ type: "message.added", data: message }] }, { actor: "agent:bench" }),
    messages: async (stream) => {
      let count = 0;
      for await (const { data } of eventsOf(log.readStream(stream))) if (data !== undefined) count++;
      return count;
    },
  };
}

async function grownBy(bytes: () => Promise<number>, act: () => Promise<void>): Promise<number> {
  const before = await bytes();
  await act();
  return (await bytes()) - before;
}

async function sqliteBytes(path: string): Promise<number> {
  const db = new Database(path);
  db.pragma("wal_checkpoint(TRUNCATE)");
  const [pages, size] = ["page_count", "page_size"].map((name) => Number(db.pragma(name, { simple: true })));
  db.close();
  return (pages as number) * (size as number);
}

/** Tables with their indexes, and with the parts of long values that Postgres keeps compressed elsewhere. */
async function postgresBytes(connectionString: string): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows: found } = await client.query(
    `SELECT sum(pg_total_relation_size(c.oid))::float AS bytes FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
  );
  await client.end();
  return found[0].bytes;
}
