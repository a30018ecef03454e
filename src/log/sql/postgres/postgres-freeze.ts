import pg from "pg";
import { MovedError } from "../../../errors.js";
import type { Tail } from "../../seal.js";
import type { PgSession } from "./connection/pg-session.js";
import { type Statement, statement, type Tables } from "./connection/statement.js";
import { tailOfRow, tailSql } from "./event-rows.js";
import type { LogLock } from "./log-lock.js";
import { sqlState } from "./postgres-failures.js";

const TRIGGER = "events_moved";
/** Of the class that is left to applications; nothing else raises it. */
const MOVED_STATE = "SDM01";

/**
 * A frozen log has one more trigger, which refuses every change with the new address as its message: making it waits for
 * the appends under way, those that wait meanwhile meet it, and a log that is not frozen pays nothing.
 */
export class PostgresFreeze {
  readonly #tables: Tables;
  readonly #lock: LogLock;
  readonly #movedTo: Statement;
  readonly #tail: Statement;

  constructor(tables: Tables, lock: LogLock) {
    this.#tables = tables;
    this.#lock = lock;
    // The arguments of a trigger are stored with a zero byte behind each.
    this.#movedTo = statement(
      `SELECT convert_from(substring(tgargs FROM 1 FOR length(tgargs) - 1), 'UTF8') FROM pg_catalog.pg_trigger
       WHERE tgrelid = '${tables.events}'::regclass AND tgname = '${TRIGGER}'`,
    );
    this.#tail = statement(tailSql(tables));
  }

  /** May be done twice. @returns the last tail @throws MovedError */
  freeze(session: PgSession, movedTo: string, url: string): Promise<Tail> {
    return this.#lock.run(session, async () => {
      const already = await this.movedTo(session);
      if (already !== null && already !== movedTo) throw new MovedError(url, already);
      if (already === null) await session.script(this.#freezeSql(movedTo));
      const [row] = await session.rows(this.#tail);
      return tailOfRow(row);
    });
  }

  /** May be done twice. */
  thaw(session: PgSession): Promise<void> {
    return this.#lock.run(session, async () => {
      await session.script(`DROP TRIGGER IF EXISTS ${TRIGGER} ON ${this.#tables.events}`);
    });
  }

  async movedTo(session: PgSession): Promise<string | null> {
    const [row] = await session.rows(this.#movedTo);
    return row === undefined ? null : (row[0] as string);
  }

  #freezeSql(movedTo: string): string {
    const { schema, events } = this.#tables;
    return `CREATE OR REPLACE FUNCTION "${schema}".refuse_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION USING ERRCODE = '${MOVED_STATE}', MESSAGE = TG_ARGV[0]; END $$;
      CREATE TRIGGER ${TRIGGER} BEFORE INSERT OR UPDATE OR DELETE ON ${events}
        FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".refuse_moved(${pg.escapeLiteral(movedTo)})`;
  }
}

/** What the trigger says, as our own error; undefined for any other. */
export function movedError(error: unknown, url: string): MovedError | undefined {
  if (sqlState(error) !== MOVED_STATE) return undefined;
  return new MovedError(url, (error as Error).message, { cause: error });
}
