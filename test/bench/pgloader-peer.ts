import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import pg from "pg";

const PGLOADER = process.env.PGLOADER ?? "pgloader";
const SCHEMA = "bench_loaded";
/** It does not quote a column that is named as a word of SQL: with it as it is, nothing is loaded. */
const RENAMED = "place";
const REST = `"commit", version, recorded_at, id, stream, type, actor, meta, data, salt, data_hash, hash`;

/** The rows of a SQLite log into a table that has the same columns and indexes, by pgloader. */
export class PgloaderPeer {
  readonly name = `pgloader of the same rows, same indexes; the column offset named ${RENAMED}, nothing checked`;
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** @returns undefined where there is no pgloader */
  static find(url: string): PgloaderPeer | undefined {
    try {
      execFileSync(PGLOADER, ["--version"], { stdio: "ignore" });
      return new PgloaderPeer(url);
    } catch {
      return undefined;
    }
  }

  /** What it loads: the log's rows in a database of their own. */
  prepare(source: string, path: string): void {
    rmSync(path, { force: true });
    const db = new Database(path);
    db.exec(`CREATE TABLE events (${RENAMED} INTEGER PRIMARY KEY, "commit" INTEGER, version INTEGER, recorded_at TEXT,
      id TEXT, stream TEXT, type TEXT, actor TEXT, meta TEXT, data TEXT, salt TEXT, data_hash TEXT, hash TEXT)`);
    db.prepare("ATTACH ? AS log").run(source);
    db.exec(`INSERT INTO events SELECT "offset", ${REST} FROM log.events ORDER BY "offset"`);
    db.close();
  }

  /** Into a new table. @returns seconds */
  async load(path: string): Promise<number> {
    await this.#run(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; CREATE SCHEMA ${SCHEMA};
      CREATE TABLE ${SCHEMA}.events (${RENAMED} bigint PRIMARY KEY, "commit" bigint NOT NULL, version bigint NOT NULL,
        recorded_at text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL,
        type text COLLATE "C" NOT NULL, actor text COLLATE "C" NOT NULL, meta text NOT NULL, data text, salt text,
        data_hash text, hash text NOT NULL);
      CREATE UNIQUE INDEX ON ${SCHEMA}.events (id); CREATE UNIQUE INDEX ON ${SCHEMA}.events (stream, version)`);
    const commands = `${path}.load`;
    writeFileSync(
      commands,
      `LOAD DATABASE FROM sqlite://${path} INTO ${this.#url} WITH data only
        SET synchronous_commit TO 'on', search_path TO '${SCHEMA}';`,
    );
    const began = performance.now();
    execFileSync(PGLOADER, [commands], { stdio: "ignore" });
    const seconds = (performance.now() - began) / 1000;
    await this.#run(`DROP SCHEMA ${SCHEMA} CASCADE`);
    return seconds;
  }

  async #run(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
