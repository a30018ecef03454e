import { CLAIMS, type QueuePeer, WORKERS } from "./claims.js";
import { named, peer } from "./peers.js";

/** What is used of pg-boss 10. */
interface PgBoss {
  on(event: "error", act: (error: unknown) => void): void;
  start(): Promise<unknown>;
  createQueue(name: string): Promise<void>;
  insert(
    jobs: ReadonlyArray<{ readonly name: string; readonly data: object; readonly priority: number }>,
  ): Promise<void>;
  fetch(name: string): Promise<readonly unknown[] | null>;
  stop(options: { readonly graceful: boolean }): Promise<void>;
}
type NewPgBoss = new (options: object) => PgBoss;

/** The queue of pg-boss: a job is a row, and fetching it takes one statement. */
export class PgBossQueue implements QueuePeer {
  readonly peer = `${named("pg-boss")}, fetch of one job`;
  readonly #boss: PgBoss;
  #round = 0;

  private constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  /** @returns undefined where it is not installed */
  static async open(connectionString: string): Promise<PgBossQueue | undefined> {
    const Boss = installed();
    if (Boss === undefined) return undefined;
    const quiet = { supervise: false, schedule: false, migrate: true };
    const boss = new Boss({ connectionString, schema: "bench_boss", max: WORKERS, ...quiet });
    boss.on("error", (error) => process.stderr.write(`pg-boss: ${String(error)}\n`));
    await boss.start();
    return new PgBossQueue(boss);
  }

  readonly claimAll = async (): Promise<number> => {
    const name = `queue-${this.#round++}`;
    await this.#boss.createQueue(name);
    await this.#boss.insert(Array.from({ length: CLAIMS }, (_, i) => ({ name, data: {}, priority: i % 5 })));
    const before = performance.now();
    await Promise.all(Array.from({ length: WORKERS }, () => this.#fetchUntilEmpty(name)));
    return (performance.now() - before) / 1000;
  };

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  async #fetchUntilEmpty(name: string): Promise<void> {
    while (((await this.#boss.fetch(name)) ?? []).length > 0);
  }
}

function installed(): NewPgBoss | undefined {
  try {
    return peer<NewPgBoss>("pg-boss");
  } catch (error) {
    if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
    process.stderr.write("pg-boss is not installed: no row beside it\n");
    return undefined;
  }
}
