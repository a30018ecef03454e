import { randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { BENCH_ACTOR, sampleData, sampleEvents } from "./events.js";
import type { Bench } from "./measure.js";

const APPENDS = 200;
const BATCHES = 30;
const CONCURRENT = 32;
const ROUNDS_AT_ONCE = 20;

export async function postgresBench(url: string): Promise<Bench> {
  const log = await PostgresLog.open(`${url}${url.includes("?") ? "&" : "?"}schema=bench_ours`, {});
  const raw = await RawPostgres.open(url);
  const rawMany = await Promise.all(Array.from({ length: CONCURRENT }, () => RawPostgres.connect(url)));
  let n = 0;
  const appendOne = () => log.append({ stream: `session-${n++ % 100}`, events: sampleEvents(1, n) }, BENCH_ACTOR);
  const shared = { durability: "synchronous_commit=on, both; TCP", unit: "events/s" };
  const comparisons = [
    {
      ...shared,
      name: "Postgres append of 1",
      peer: "raw pg, prepared INSERT, same columns and indexes",
      atLeast: 0.75,
      amount: APPENDS,
      ours: async () => {
        for (let i = 0; i < APPENDS; i++) await appendOne();
      },
      theirs: async () => {
        for (let i = 0; i < APPENDS; i++) await raw.insert(`session-${i % 100}`, 1);
      },
    },
    {
      ...shared,
      name: "Postgres append of 100",
      peer: "raw pg, prepared INSERT … SELECT unnest(…)",
      atLeast: 0.8,
      amount: BATCHES * 100,
      ours: async () => {
        for (let i = 0; i < BATCHES; i++) {
          await log.append({ stream: `session-b${i}`, events: sampleEvents(100, i) }, BENCH_ACTOR);
        }
      },
      theirs: async () => {
        for (let i = 0; i < BATCHES; i++) await raw.insert(`session-b${i}`, 100);
      },
    },
    {
      ...shared,
      name: `Postgres, ${CONCURRENT} appends at once`,
      peer: `raw pg, ${CONCURRENT} connections, a prepared INSERT each`,
      atLeast: 1.2,
      amount: ROUNDS_AT_ONCE * CONCURRENT,
      ours: async () => {
        for (let i = 0; i < ROUNDS_AT_ONCE; i++) await Promise.all(rawMany.map(appendOne));
      },
      theirs: async () => {
        for (let i = 0; i < ROUNDS_AT_ONCE; i++) {
          await Promise.all(rawMany.map((client, j) => client.insert(`session-c${j}`, 1)));
        }
      },
    },
  ];
  const close = async () => {
    for (const client of [raw, ...rawMany]) await client.close();
    await log.close();
  };
  return { comparisons, close };
}

/** What somebody would write by hand with pg: same columns and indexes, autocommit, a named prepared statement. */
class RawPostgres {
  readonly #client: pg.Client;
  readonly #versions = new Map<string, number>();

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async connect(url: string): Promise<RawPostgres> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new RawPostgres(client);
  }

  static async open(url: string): Promise<RawPostgres> {
    const raw = await RawPostgres.connect(url);
    await raw.#client.query(`DROP SCHEMA IF EXISTS bench_raw CASCADE; CREATE SCHEMA bench_raw;
      CREATE TABLE bench_raw.events ("offset" bigint PRIMARY KEY, "commit" bigint, version bigint, recorded_at text,
        id text, stream text, type text, actor text, meta text, data text, salt text, hash text);
      CREATE UNIQUE INDEX ON bench_raw.events (id); CREATE UNIQUE INDEX ON bench_raw.events (stream, version)`);
    return raw;
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  async insert(stream: string, count: number): Promise<void> {
    const rows = Array.from({ length: count }, (_, i) => this.#row(stream, i));
    if (count === 1) {
      await this.#client.query({ name: "one", text: INSERT_ONE, values: rows[0] as unknown[] });
    } else {
      const columns = (rows[0] as unknown[]).map((_, column) => rows.map((row) => row[column]));
      await this.#client.query({ name: "many", text: INSERT_MANY, values: columns });
    }
  }

  #row(stream: string, i: number): unknown[] {
    const version = (this.#versions.get(stream) ?? 0) + 1;
    this.#versions.set(stream, version);
    const offset = ++lastOffset;
    const meta = JSON.stringify({ reason: "commits pushed", schema: 1 });
    const data = JSON.stringify(sampleData(i));
    return [
      offset,
      offset,
      version,
      new Date().toISOString(),
      randomUUID(),
      stream,
      "session.updated",
      "agent:bench",
      meta,
      data,
      SALT,
      HASH,
    ];
  }
}

/** Of the table, which all connections of this process fill: nobody has to ask the server for the next one. */
let lastOffset = 0;

const SALT = randomBytes(16).toString("hex");
const HASH = randomBytes(32).toString("hex");
const INSERT_ONE = "INSERT INTO bench_raw.events VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)";
const INSERT_MANY = `INSERT INTO bench_raw.events SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[],
  $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])`;
