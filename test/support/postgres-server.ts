import { type ChildProcessByStdio, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import pg from "pg";
import { freePort } from "./free-port.js";
import { postgresBinaries, serverUser } from "./postgres-binaries.js";
import { newCluster, ownedFolder, shareCluster, standbyOf } from "./postgres-cluster.js";
import { until } from "./until.js";

export interface PostgresOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Settings for the command line of the server, e.g. `{ max_connections: "20" }`. */
  readonly conf?: Readonly<Record<string, string>>;
  /** Begins with the data of this one, as a standby of whatever `primary_conninfo` in `conf` names; it is restarted for that. */
  readonly copyOf?: OwnPostgres;
  /** Servers that are started while it lives have its programs, and copies of its empty cluster. */
  readonly isShared?: boolean;
  /** Its system identifier is no other server's: initdb makes its cluster. */
  readonly hasOwnSystem?: boolean;
}

/** Limits for a slow and shared machine. */
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 60_000;
/** Another process may take a free port before the server does. */
const PORT_ATTEMPTS = 5;
const SUPERVISOR = "test/support/postgres-supervisor.js";
const DEFAULT_CONF = { max_connections: "200", shared_buffers: "64MB", log_min_messages: "warning" };

type Supervisor = ChildProcessByStdio<Writable, Readable, null>;

/**
 * A real Postgres in a folder of its own, on 127.0.0.1. Stopped and removed by close(), and by its supervisor when this
 * process ends, in whatever way. fsync stays on: what the tests say about durability has to be true.
 */
export class OwnPostgres {
  readonly url: string;
  readonly folder: string;
  readonly #supervisor: Supervisor;
  #answers = "";

  private constructor(port: number, folder: string, supervisor: Supervisor) {
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    this.folder = folder;
    this.#supervisor = supervisor;
    supervisor.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#answers += text;
    });
  }

  static async start(options: PostgresOptions = {}): Promise<OwnPostgres> {
    for (let attempt = 1; ; attempt++) {
      const server = await OwnPostgres.#prepareCopy(options.port ?? (await freePort()), options);
      try {
        await server.#run();
        return server;
      } catch (error) {
        await server.close();
        const taken = (error as Error).message.includes("Address already in use");
        if (options.port !== undefined || !taken || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** pg_basebackup is not among the programs that npm brings; of a server that was stopped in order its files are a base. */
  static async #prepareCopy(port: number, options: PostgresOptions): Promise<OwnPostgres> {
    const { copyOf } = options;
    await copyOf?.stop("fast");
    const server = OwnPostgres.#prepare(port, options);
    await copyOf?.restart();
    return server;
  }

  static #prepare(port: number, options: PostgresOptions): OwnPostgres {
    const folder = mkdtempSync(join(reachableTempDir(), "sessiondb-pg-"));
    try {
      chmodSync(folder, 0o755);
      return new OwnPostgres(port, folder, startSupervisor(folder, port, options));
    } catch (error) {
      // From the supervisor's start on the folder is its to remove; before that, nobody else would.
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * "fast" cuts clients off and writes a checkpoint. "immediate" is a crash: recovery follows at the next start. "kill" is
   * kill -9, for a server that is not started again. The data stays until close().
   */
  async stop(mode: "fast" | "immediate" | "kill" = "fast"): Promise<void> {
    await this.#ask(mode, "stopped", STOP_LIMIT_MS);
  }

  /** Starts the stopped server again, on the same port and data. A running one is stopped fast first. */
  async restart(): Promise<void> {
    await this.stop("fast");
    await this.#run();
  }

  /** Stops the server and removes its folder. */
  async close(): Promise<void> {
    if (this.#hasEnded()) return;
    this.#hold(true);
    const gone = new Promise((resolve) => this.#supervisor.once("exit", resolve));
    this.#supervisor.stdin.end();
    await gone;
  }

  async #run(): Promise<void> {
    await this.#ask("start", "started", START_LIMIT_MS);
    await until("Postgres answers", () => this.#answersQueries(), START_LIMIT_MS);
  }

  async #answersQueries(): Promise<boolean> {
    if (this.#answers.includes("exited")) {
      const log = readFileSync(join(this.folder, "server.log"), "utf8");
      throw new Error(`Postgres ${this.#answers.trim()}; the end of its log:\n${log.slice(-2000)}`);
    }
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5_000 });
    client.on("error", () => undefined); // a connection cut while the server starts; the next attempt decides
    try {
      await client.connect();
      await client.query("SELECT 1");
      return true;
    } catch {
      return false; // not yet; the limit of `until` turns "never" into an error
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** One command to the supervisor and its answer; only meanwhile does it keep this process alive. */
  async #ask(command: string, answer: string, limitMs: number): Promise<void> {
    this.#hold(true);
    try {
      this.#answers = "";
      this.#supervisor.stdin.write(`${command}\n`);
      await until(`Postgres ${answer}`, () => this.#answered(answer), limitMs);
    } finally {
      this.#hold(false);
    }
  }

  #answered(answer: string): boolean {
    if (this.#hasEnded()) throw new Error("the supervisor of Postgres has ended; its stderr says why");
    return this.#answers.includes(`${answer}\n`);
  }

  #hasEnded(): boolean {
    return this.#supervisor.exitCode !== null || this.#supervisor.signalCode !== null;
  }

  #hold(held: boolean): void {
    // The pipes of a child process are sockets; its type says only that they are streams.
    const pipes = [this.#supervisor.stdin, this.#supervisor.stdout] as unknown as Socket[];
    for (const handle of [this.#supervisor, ...pipes]) {
      if (held) handle.ref();
      else handle.unref();
    }
  }
}

/** Makes the data folder below `folder`; the server itself waits for the first command. */
function startSupervisor(folder: string, port: number, options: PostgresOptions): Supervisor {
  const { conf, copyOf, isShared, hasOwnSystem } = options;
  const bin = postgresBinaries(folder);
  const user = serverUser();
  const sockets = ownedFolder(join(folder, "s"), user);
  const data = join(folder, "data");
  if (copyOf === undefined) newCluster(bin, data, user, hasOwnSystem);
  else standbyOf(join(copyOf.folder, "data"), data, user);
  if (isShared === true) shareCluster(folder, data);
  const settings = { ...DEFAULT_CONF, ...conf, listen_addresses: "127.0.0.1", unix_socket_directories: sockets };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const args = ["-D", data, "-p", String(port), ...flags];
  const setup = JSON.stringify({ folder, program: join(bin, "postgres"), args, ...user });
  // A session of its own, so that Ctrl-C and a kill of the whole group leave it alive to clean up.
  return spawn(process.execPath, [supervisorPath(), setup], { stdio: ["pipe", "pipe", "inherit"], detached: true });
}

/** Looked for upwards, because a bundle of this file lies elsewhere in the project. */
function supervisorPath(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, SUPERVISOR))) {
    if (folder === dirname(folder)) throw new Error(`${SUPERVISOR} is in no folder above ${import.meta.dirname}`);
    folder = dirname(folder);
  }
  return join(folder, SUPERVISOR);
}

/** TMPDIR, unless root cannot share it with the user of the server, because a folder above is closed to others. */
function reachableTempDir(): string {
  if (process.getuid?.() !== 0) return tmpdir();
  for (let folder = tmpdir(); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return "/tmp";
  }
  return tmpdir();
}
