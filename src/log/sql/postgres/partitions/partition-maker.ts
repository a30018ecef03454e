import type { PartitionPlan, PartitionRequest } from "../../../partitions.js";
import type { PgSession } from "../connection/pg-session.js";
import { statement, type Tables } from "../connection/statement.js";
import { LogLock } from "../log-lock.js";
import type { PostgresLimits } from "../postgres-options.js";
import { type EventsTable, eventsTable, readPartitions, readState } from "./partition-catalog.js";
import { convertSql } from "./partition-convert.js";
import { attachSql, createSql, detachSql } from "./partition-ddl.js";
import { guardTriggerSql } from "./partition-guard.js";
import { planPartitions } from "./partition-plan.js";
import { surroundingsOf } from "./table-surroundings.js";

/** While a lock on the table is waited for, everybody else waits behind. It is tried again. */
const MAX_TABLE_LOCK_MS = 2_000;

interface Look {
  readonly plan: PartitionPlan;
  readonly table: EventsTable;
}

/**
 * Makes partitions: one transaction, under the writers' lock and with the table locked; others wait meanwhile, and then go
 * on. It may be done twice: what is there already is left.
 */
export class PartitionMaker {
  readonly #tables: Tables;
  readonly #bulkMs: number;
  readonly #lock: LogLock;
  readonly #url: string;

  constructor(tables: Tables, limits: PostgresLimits, url: string) {
    const lockTimeoutMs = Math.min(limits.lockTimeoutMs, MAX_TABLE_LOCK_MS);
    this.#tables = tables;
    this.#bulkMs = limits.bulkTimeoutMs;
    this.#lock = new LogLock(tables, { ...limits, lockTimeoutMs });
    this.#url = url;
  }

  /** What make would do. @throws as make */
  async plan(session: PgSession, request: PartitionRequest): Promise<PartitionPlan> {
    const { plan } = await this.#look(session, request);
    if (plan.converts) await surroundingsOf(session, this.#tables);
    return plan;
  }

  /** @returns what was done @throws as LogPartitions.partition, and the driver's errors */
  make(session: PgSession, request: PartitionRequest): Promise<PartitionPlan> {
    return this.#lock.run(session, () => this.#makeLocked(session, request), this.#bulkMs);
  }

  async #look(session: PgSession, request: PartitionRequest): Promise<Look> {
    const table = await eventsTable(session, this.#tables, this.#url);
    const state = await readState(session, this.#tables);
    return { plan: planPartitions(state, request, table.bytes), table };
  }

  async #makeLocked(session: PgSession, request: PartitionRequest): Promise<PartitionPlan> {
    const before = await this.#look(session, request);
    if (!changes(before.plan)) return before.plan;
    await session.script(`LOCK TABLE ${this.#tables.events} IN ACCESS EXCLUSIVE MODE`, this.#bulkMs);
    const look = await this.#look(session, request);
    if (look.plan.converts) await this.#convertLocked(session, look);
    else await this.#extendLocked(session, look);
    await this.#boundLocked(session, look.plan);
    return look.plan;
  }

  async #convertLocked(session: PgSession, { plan, table: { owner } }: Look): Promise<void> {
    const surroundings = await surroundingsOf(session, this.#tables);
    const [beyond] = plan.added as [number];
    const sql = [convertSql(this.#tables, owner, beyond - 1, surroundings), ...this.#createAll(plan.added, owner)];
    await session.script(sql.join(";\n"), this.#bulkMs);
  }

  /** The last partition, which takes whatever comes, gets an end; the last one that is added takes whatever comes then. */
  async #extendLocked(session: PgSession, { plan: { partitions, added }, table: { owner } }: Look): Promise<void> {
    const open = partitions.at(-1);
    const [beyond] = added;
    if (open === undefined || beyond === undefined) return;
    const { name, from } = open;
    const close = [detachSql(this.#tables, name), attachSql(this.#tables, name, from, beyond - 1)];
    await session.script([...close, ...this.#createAll(added, owner)].join(";\n"), this.#bulkMs);
  }

  #createAll(starts: readonly number[], owner: string): string[] {
    return starts.map((from, i) => {
      const next = starts[i + 1];
      return createSql(this.#tables, owner, from, next === undefined ? null : next - 1);
    });
  }

  async #boundLocked(session: PgSession, { bounded }: PartitionPlan): Promise<void> {
    if (bounded.length === 0) return;
    const largest = statement(`SELECT max(id) FROM ${this.#tables.events} WHERE "offset" < $1`);
    for (const { name, from } of await readPartitions(session, this.#tables)) {
      if (from === null || !bounded.includes(name)) continue;
      const [row] = await session.rows(largest, [from], this.#bulkMs);
      await session.script(guardTriggerSql(this.#tables, name, from, String(row?.[0] ?? "")));
    }
  }
}

function changes({ converts, added, bounded }: PartitionPlan): boolean {
  return converts || added.length > 0 || bounded.length > 0;
}
