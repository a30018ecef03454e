import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { EMMETT_POSTGRES, EmmettPostgresStore } from "./emmett-postgres-store.js";
import type { Bench } from "./measure.js";
import { ownDatabase } from "./own-database.js";
import { named } from "./peers.js";

const PROCESSES = 8;
const APPENDS = 50;

/** Processes that append to different sessions of one log, all at once; starting them does not count. */
export async function writersBench(url: string): Promise<Bench> {
  const ours = await Writers.start("ours", await oursAt(url));
  const theirs = await Writers.start("emmett", await emmettAt(url));
  const comparison = {
    name: `Postgres, ${PROCESSES} processes appending to different sessions of one log`,
    peer: named(EMMETT_POSTGRES),
    durability: "synchronous_commit=on, both; TCP",
    unit: "events/s",
    atLeast: 1,
    amount: PROCESSES * APPENDS,
    ours: () => ours.append(APPENDS),
    theirs: () => theirs.append(APPENDS),
  };
  const close = async () => {
    await ours.stop();
    await theirs.stop();
  };
  return { comparisons: [comparison], close };
}

async function oursAt(server: string): Promise<string> {
  const url = await ownDatabase(server, "writers_ours");
  await (await PostgresLog.open(url, {})).close();
  return url;
}

async function emmettAt(server: string): Promise<string> {
  const url = await ownDatabase(server, "writers_emmett");
  const store = new EmmettPostgresStore(url, "made");
  await store.makeTables();
  await store.close();
  return url;
}

class Writers {
  readonly #processes: readonly ChildProcess[];

  private constructor(processes: readonly ChildProcess[]) {
    this.#processes = processes;
  }

  static async start(kind: "ours" | "emmett", url: string): Promise<Writers> {
    const worker = fileURLToPath(new URL("./writers-worker.js", import.meta.url));
    const processes = Array.from({ length: PROCESSES }, (_, i) => fork(worker, [kind, url, `session-writer${i}`]));
    await Promise.all(processes.map(answer));
    return new Writers(processes);
  }

  async append(times: number): Promise<void> {
    await Promise.all(
      this.#processes.map((writer) => {
        writer.send(times);
        return answer(writer);
      }),
    );
  }

  async stop(): Promise<void> {
    const ended = this.#processes.map((writer) => once(writer, "exit"));
    for (const writer of this.#processes) writer.kill();
    await Promise.all(ended);
  }
}

/** The next message; a writer that ends instead is an error. */
async function answer(writer: ChildProcess): Promise<void> {
  const answered = new AbortController();
  const { signal } = answered;
  const ended = once(writer, "exit", { signal }).then(([code]) => {
    throw new Error(`a writer ended with ${code}`);
  });
  try {
    await Promise.race([once(writer, "message", { signal }), ended]);
  } finally {
    answered.abort(); // takes the listeners away
  }
}
