import { eventsOf } from "../../src/log/paging.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { BENCH_ACTOR, sampleEvents } from "./events.js";
import type { Bench, Comparison } from "./measure.js";
import { ownDatabase } from "./own-database.js";
import { named, peer } from "./peers.js";

const PACKAGE = "@castore/event-storage-adapter-postgres";
const STREAMS = 20;
const SIZES = [10, 100, 1000];
const STORE = { eventStoreId: "sessions" };

/** One aggregate is one stream. It reads by postgres.js, which pipelines and prepares. */
interface CastoreAdapter {
  readonly _sql: { end(): Promise<void> };
  pushEvent(event: object, options: typeof STORE): Promise<unknown>;
  getEvents(aggregateId: string, context: typeof STORE): Promise<{ events: { payload: unknown }[] }>;
}

interface CastoreClass {
  new (options: { connectionString: string }): CastoreAdapter;
  createEventTable(options: object): Promise<unknown>;
}

/** Streams of each size, read one after the other, every event with its data parsed. */
export async function castoreBench(url: string): Promise<Bench> {
  const log = await PostgresLog.open(await ownDatabase(url, "beside_castore"), {});
  const castore = await openCastore(await ownDatabase(url, "castore"));
  for (const size of SIZES) {
    for (let i = 0; i < STREAMS; i++) {
      const id = `${size}-${i}`;
      const events = sampleEvents(size);
      await log.append({ stream: `session-${id}`, events }, BENCH_ACTOR);
      await pushAll(castore, id, events);
    }
  }
  const row = (size: number): Comparison => ({
    name: `Postgres read of a stream of ${size.toLocaleString("en")} events`,
    peer: `${named(PACKAGE)} (postgres.js)`,
    durability: "reading; TCP",
    unit: "streams/s",
    atLeast: 0.8,
    amount: STREAMS,
    ours: () => readEach(size, (id) => readOurs(log, id)),
    theirs: () => readEach(size, async (id) => (await castore.getEvents(id, STORE)).events.length),
  });
  const close = async () => {
    await castore._sql.end();
    await log.close();
  };
  return { comparisons: SIZES.map(row), close };
}

async function openCastore(connectionString: string): Promise<CastoreAdapter> {
  const { PostgresEventStorageAdapter: Adapter } = peer<{ PostgresEventStorageAdapter: CastoreClass }>(PACKAGE);
  await Adapter.createEventTable({ connectionString, aggregateId: { type: "VARCHAR", length: 64 } });
  return new Adapter({ connectionString });
}

async function pushAll(castore: CastoreAdapter, aggregateId: string, events: ReturnType<typeof sampleEvents>) {
  const pushed = events.map(({ type, data, meta }, i) =>
    castore.pushEvent({ aggregateId, version: i + 1, type, payload: data, metadata: meta }, STORE),
  );
  await Promise.all(pushed);
}

async function readOurs(log: PostgresLog, id: string): Promise<number> {
  let count = 0;
  for await (const { data } of eventsOf(log.readStream(`session-${id}`))) if (data !== undefined) count++;
  return count;
}

async function readEach(size: number, read: (id: string) => Promise<number>): Promise<void> {
  for (let i = 0; i < STREAMS; i++) {
    const count = await read(`${size}-${i}`);
    if (count !== size) throw new Error(`${count} events were read, not ${size}`);
  }
}
