import { execFileSync } from "node:child_process";
import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import copyStreams from "pg-copy-streams";
import type { EventLog } from "../../src/log/event-log.js";
import { COPY_COLUMNS, copyChunks } from "../../src/log/sql/postgres/bulk/copy-text.js";

const PSQL = process.env.PSQL ?? "psql";
const TABLE = "bench_copied.events";
const COPY = `${TABLE} (${COPY_COLUMNS}) FROM`;

/** The rows from a file of text into a table, by `psql \copy`; where there is no psql, by the same COPY through pg. */
export class CopyPeer {
  readonly name: string;
  readonly #url: string;
  readonly #client: pg.Client;
  readonly #hasPsql: boolean;

  private constructor(url: string, client: pg.Client) {
    this.#url = url;
    this.#client = client;
    this.#hasPsql = hasPsql();
    this.name = this.#hasPsql ? "`psql \\copy`" : "COPY FROM STDIN";
  }

  static async connect(url: string): Promise<CopyPeer> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new CopyPeer(url, client);
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  async writeRows(log: EventLog, path: string): Promise<void> {
    const fd = openSync(path, "w", 0o600);
    for await (const page of log.readAll()) for (const chunk of copyChunks(page)) writeSync(fd, chunk);
    closeSync(fd);
  }

  /** Into a new table. @returns seconds */
  async copy(path: string): Promise<number> {
    await this.#client.query(`DROP SCHEMA IF EXISTS bench_copied CASCADE; CREATE SCHEMA bench_copied;
      CREATE TABLE ${TABLE} ("offset" bigint PRIMARY KEY, "commit" bigint NOT NULL, version bigint NOT NULL,
        recorded_at text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL,
        type text COLLATE "C" NOT NULL, actor text COLLATE "C" NOT NULL, meta text NOT NULL, data text, salt text,
        data_hash text, hash text NOT NULL);
      CREATE UNIQUE INDEX ON ${TABLE} (id); CREATE UNIQUE INDEX ON ${TABLE} (stream, version)`);
    const began = performance.now();
    if (this.#hasPsql) execFileSync(PSQL, [this.#url, "-qc", `\\copy ${COPY} '${path}'`]);
    else await pipeline(createReadStream(path), this.#client.query(copyStreams.from(`COPY ${COPY} STDIN`)));
    const seconds = (performance.now() - began) / 1000;
    await this.drop("bench_copied");
    return seconds;
  }

  async drop(schema: string): Promise<void> {
    await this.#client.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  }
}

function hasPsql(): boolean {
  try {
    execFileSync(PSQL, ["--version"]);
    return true;
  } catch {
    return false;
  }
}
