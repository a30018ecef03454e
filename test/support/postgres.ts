import { randomBytes } from "node:crypto";
import { OwnPostgres, type PostgresOptions } from "./postgres-server.js";

export interface PostgresServer {
  readonly url: string;
  /** "fast" in order, "immediate" as in a crash. The data stays until this process ends. */
  stop(mode: "fast" | "immediate"): Promise<void>;
  /** Starts a stopped server again on the same port and data; a running one is stopped fast first. */
  restart(): Promise<void>;
  /** Stops the server for good. */
  close(): Promise<void>;
}

/**
 * A server for tests, the bench and the demo. Without options TEST_DATABASE_URL wins when it is set; with options
 * (`{}` will do) the server is always one of the caller's own, to be stopped at will.
 */
export async function startPostgres(options?: PostgresOptions): Promise<PostgresServer> {
  const { TEST_DATABASE_URL } = process.env;
  if (options === undefined && TEST_DATABASE_URL !== undefined) return new ForeignPostgres(TEST_DATABASE_URL);
  return OwnPostgres.start(options);
}

/** A URL of the server of this test run, with a schema of its own. To be called inside a test run. */
export async function freshPostgresUrl(): Promise<string> {
  // Loaded late, because the bench and the demo use this file outside a test run.
  const { inject } = await import("vitest");
  const base = inject("postgresUrl");
  if (base === undefined) {
    throw new Error("the test run started no Postgres. Type: npm test -- test/the-file.test.ts");
  }
  const url = new URL(base);
  url.searchParams.set("schema", `t_${inject("runId")}_${randomBytes(6).toString("hex")}`);
  return url.href;
}

/** The server behind TEST_DATABASE_URL: not ours to stop. */
class ForeignPostgres implements PostgresServer {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async stop(mode: "fast" | "immediate"): Promise<void> {
    if (mode === "immediate") throw ForeignPostgres.#notOurs();
  }

  async restart(): Promise<void> {
    throw ForeignPostgres.#notOurs();
  }

  async close(): Promise<void> {}

  static #notOurs(): Error {
    return new Error("TEST_DATABASE_URL is not ours to crash or restart; a test that does so calls startPostgres({})");
  }
}
