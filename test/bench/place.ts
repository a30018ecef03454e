import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { writeLargeLog } from "./read-1m.js";

/** Where a run keeps its files and finds its server; what takes long to make is made when it is first asked for. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), "sessiondb-bench-"));
  #server: PostgresServer | undefined;
  #largeLog: string | undefined;

  /** A server of its own, or the one of TEST_DATABASE_URL, over TCP. */
  async postgres(): Promise<string> {
    this.#server ??= await startPostgres();
    return this.#server.url;
  }

  /** A JSONL log of 1,000,000 events in 10,000 sessions. */
  largeLog(): string {
    if (this.#largeLog === undefined) {
      process.stderr.write("writing 1,000,000 events …\n");
      this.#largeLog = join(this.folder, "large.jsonl");
      writeLargeLog(this.#largeLog);
    }
    return this.#largeLog;
  }

  /** Ends the server, so that what one group left there costs the next one nothing. */
  async stopPostgres(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async close(): Promise<void> {
    await this.stopPostgres();
    rmSync(this.folder, { recursive: true });
  }
}
