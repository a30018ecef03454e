import { shapeKey } from "../../../../query/shape.js";
import { MAX_PAGE_CHARS } from "../../../event-log.js";
import { type DocumentQuery, type DocumentRead, MAX_NEWER_EVENTS } from "../../../read-model-tables.js";
import { quoted } from "../../read-model/model-sql.js";
import { modelTableNames } from "../../read-model/model-tables.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf, EVENT_COLUMNS, eventOfRow } from "../event-rows.js";
import { ifThere } from "../if-there.js";
import { PostgresModelRegister } from "../models/postgres-model-register.js";
import { sqlState } from "../postgres-failures.js";
import type { ChainEnd } from "../servers/server-history.js";

const PERMISSION_DENIED = "42501";
/** Where there were no tables, they are looked for again after so many documents. */
const LOOK_AGAIN_AFTER = 100;
/** Columns of an answer before those of its event. */
const OWN_COLUMNS = 7;

/** With the last place of the log that it shows. */
export interface SeenDocument extends DocumentRead {
  readonly seen: ChainEnd;
}

interface LiveTables {
  readonly generation: number;
  readonly statement: Statement;
}

/** Single documents out of the tables of read models, each with what its stream has got since: in one statement, which the server keeps. */
export class PostgresDocumentReader {
  readonly #tables: Tables;
  readonly #register: PostgresModelRegister;
  /** Of the live tables, as it was last seen: a rebuild changes it, and drops those of the one before. */
  readonly #live = new Map<string, LiveTables>();
  /** How often tables that were not there are not looked for. */
  readonly #absent = new Map<string, number>();

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#register = new PostgresModelRegister(tables);
  }

  /** As `readDocument` of EventLog. */
  async read(session: PgSession, query: DocumentQuery): Promise<SeenDocument | undefined> {
    const key = shapeKey(query.shape);
    const live = this.#live.get(key) ?? (await this.#find(session, key, query));
    if (live === undefined) return undefined;
    const rows = await this.#ifSeen(key, () => session.rows(live.statement, [key, query.id, query.stream]));
    const [generation, , , isCurrent] = rows?.[0] ?? [];
    if (generation !== live.generation) this.#live.delete(key);
    return rows !== undefined && generation === live.generation && isCurrent === true ? documentOf(rows) : undefined;
  }

  async #find(session: PgSession, key: string, query: DocumentQuery): Promise<LiveTables | undefined> {
    const absent = this.#absent.get(key) ?? 0;
    if (absent > 0) {
      this.#absent.set(key, absent - 1);
      return undefined;
    }
    const generation = (await this.#ifSeen(key, () => this.#register.find(session, query.shape, "live")))?.generation;
    if (generation === undefined) {
      this.#absent.set(key, LOOK_AGAIN_AFTER);
      return undefined;
    }
    const live = { generation, statement: statement(this.#sql(query, generation)) };
    this.#live.set(key, live);
    return live;
  }

  /** @returns undefined also where this user may not see the table: whoever made it need not have granted that */
  async #ifSeen<T>(key: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ifThere(act);
    } catch (error) {
      if (sqlState(error) !== PERMISSION_DENIED) throw error;
      this.#absent.set(key, LOOK_AGAIN_AFTER);
      return undefined;
    }
  }

  /** The document stands in the first row only: it may be long. */
  #sql({ shape, versionField }: DocumentQuery, generation: number): string {
    const { events, models, schema } = this.#tables;
    const { documents } = modelTableNames(shape, generation, `"${schema}".`);
    const version = `coalesce(d.${quoted(versionField)}, 0)::bigint`;
    return `SELECT m.generation, m."offset", m.hash,
        m.fault_offset IS NULL AND (SELECT t.hash FROM ${events} AS t WHERE t."offset" = m."offset") = m.hash,
        CASE WHEN coalesce(e.version, 0) <= ${version} + 1 THEN d.document END, ${version},
        (SELECT version FROM ${events} WHERE stream = $3 ORDER BY version DESC LIMIT 1), e.*
      FROM ${models} AS m
      LEFT JOIN ${documents} AS d ON d.id = $2
      LEFT JOIN LATERAL (
        SELECT *, sum(octet_length(meta) + coalesce(octet_length(data), 0)) OVER (ORDER BY version) AS bytes FROM (
          SELECT ${EVENT_COLUMNS} FROM ${events} WHERE stream = $3 AND version > ${version}
          ORDER BY version LIMIT ${MAX_NEWER_EVENTS}) AS few) AS e ON e.bytes <= ${MAX_PAGE_CHARS}
      WHERE m.model = $1 AND m.side = 'live' ORDER BY e.version`;
  }
}

/** @returns undefined where events are missing, because they are too many or too long, or archived */
function documentOf(rows: readonly unknown[][]): SeenDocument | undefined {
  const [, offset, hash, , text, known, last] = rows[0] as unknown[];
  const [body, version] = [text as string | null, countOf(known)];
  const newer = rows.flatMap((row) => (row[OWN_COLUMNS] === null ? [] : [eventOfRow(row.slice(OWN_COLUMNS))]));
  // A stream that is archived whole has no last event here: the table knows all of it, as it is further than the archive.
  const isWhole = countOf(last ?? known) === version + newer.length;
  if (!isWhole || (body === null && newer.length === 0)) return undefined;
  return { body, version, newer, seen: newer.at(-1) ?? { offset: countOf(offset), hash: hash as string } };
}
