import type { ParsedQuery } from "../../../../query/parse-query.js";
import { type ReadModelShape, shapeKey } from "../../../../query/shape.js";
import { MAX_QUEUE_LAG, type QueueShape } from "../../../read-model-tables.js";
import { modelTableNames } from "../../read-model/model-tables.js";
import { SelectSql } from "../../read-model/select-sql.js";
import type { PgSession, SqlValue } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf } from "../event-rows.js";
import { sqlState } from "../postgres-failures.js";
import { POSTGRES_MODELS, PostgresText } from "./postgres-model-dialect.js";
import type { PostgresModelRegister } from "./postgres-model-register.js";

const UNDEFINED_TABLE = "42P01";

/**
 * What queues are offered. Many ask at the same time, so one statement, kept by the server, says how far the tables are,
 * whether what they do not know matters, and locks the first documents that are free: all of one instant.
 */
export class PostgresQueue {
  readonly #tables: Tables;
  readonly #register: PostgresModelRegister;
  /** Of the live tables, as it was last seen: a rebuild changes it, and drops those of the one before. */
  readonly #generations = new Map<string, number>();

  constructor(tables: Tables, register: PostgresModelRegister) {
    this.#tables = tables;
    this.#register = register;
  }

  /** @returns what is offered, locked until the transaction ends; else as `offer` of ReadModelTables says */
  async firstLocked(
    session: PgSession,
    shape: ReadModelShape,
    query: ParsedQuery,
    queue: QueueShape,
  ): Promise<{ readonly bodies: readonly string[] } | "behind" | null> {
    const key = shapeKey(shape);
    const generation = this.#generations.get(key) ?? (await this.#register.find(session, shape, "live"))?.generation;
    if (generation === undefined) return "behind";
    this.#generations.delete(key);
    const row = await this.#ask(session, shape, generation, query, queue);
    if (row === undefined || row[0] !== generation) return "behind";
    this.#generations.set(key, generation);
    const [, isKnown, count, matters, found] = row;
    const bodies = found as string[];
    const lag = countOf(count);
    if (isKnown !== true || matters === true || lag < 0 || lag > MAX_QUEUE_LAG) return "behind";
    if (bodies.length > 0) return { bodies };
    return lag === 0 ? null : "behind";
  }

  /** @returns undefined where the tables of this generation are gone */
  async #ask(
    session: PgSession,
    shape: ReadModelShape,
    generation: number,
    query: ParsedQuery,
    queue: QueueShape,
  ): Promise<unknown[] | undefined> {
    const [text, values] = this.#offer(shape, generation, query, queue);
    try {
      return (await session.rows(text, values))[0];
    } catch (error) {
      if (sqlState(error) !== UNDEFINED_TABLE) throw error;
      await session.script("ROLLBACK"); // nothing else can be said in a transaction that has failed
      return undefined;
    }
  }

  #offer(shape: ReadModelShape, generation: number, query: ParsedQuery, queue: QueueShape): [Statement, SqlValue[]] {
    const { events, models, schema } = this.#tables;
    const { bringing, lapsing } = queue;
    const text = new PostgresText();
    const select = new SelectSql(POSTGRES_MODELS, text, modelTableNames(shape, generation, `"${schema}".`), query);
    const free = `${select.firstFresh(queue, events)} FOR UPDATE SKIP LOCKED`;
    const [values, place] = [[...text.values] as SqlValue[], (value: SqlValue) => `$${values.push(value)}`];
    const lapsed = `${POSTGRES_MODELS.viewMember("e.data", lapsing.member, "text")} <= ${place(lapsing.now)} COLLATE "C"`;
    const matters = `e.type = ANY (${place(bringing)}::text[]) OR (e.type = ANY (${place(lapsing.types)}::text[]) AND ${lapsed})`;
    const sql = `WITH free AS MATERIALIZED (${free})
      SELECT m.generation,
        m.fault_offset IS NULL AND (m."offset" = 0
          OR EXISTS (SELECT FROM ${events} AS e WHERE e."offset" = m."offset" AND e.hash = m.hash)),
        coalesce((SELECT e."offset" FROM ${events} AS e ORDER BY e."offset" DESC LIMIT 1), 0) - m."offset",
        EXISTS (SELECT FROM ${events} AS e
          WHERE e."offset" > m."offset" AND e."offset" <= m."offset" + ${MAX_QUEUE_LAG} AND (${matters})),
        ARRAY(SELECT document FROM free)
      FROM ${models} AS m WHERE m.model = ${place(shapeKey(shape))} AND m.side = 'live'`;
    return [statement(sql), values];
  }
}
