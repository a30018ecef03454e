import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { ArchivedRows } from "../archive/archived-rows.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { tailOfRow, tailSql } from "../event-rows.js";
import { ifThere } from "../if-there.js";
import type { ServerHistory } from "./server-history.js";
import { WrongServer } from "./server-role.js";

/** How long a read waits for a standby that is behind; then the primary answers. */
export const STANDBY_WAIT_MS = 1_000;
const LOOK_AGAIN_MS = 10;

/** In the place of the hash of an event that is archived, and not the last one of its archive: it is there, and cannot be compared. */
const ARCHIVED = "archived";

/** A connection to a standby has shown so much, before the log was seen to be cut back once more. */
interface Reached {
  readonly offset: number;
  readonly cuts: number;
}

/** The standby has not yet what this process has written or read. */
export class StandbyBehind extends Error {}

/** Whether a standby has the primary's history, and how far: by the hash of an event, which stands for all before it. */
export class StandbyCheck {
  readonly #hashAt: Statement;
  readonly #tail: Statement;
  readonly #archived: ArchivedRows;
  readonly #reached = new WeakMap<pg.ClientBase, Reached>();
  readonly #promoted = new WeakSet<pg.ClientBase>();

  constructor(tables: Tables) {
    this.#hashAt = statement(`SELECT hash FROM ${tables.events} WHERE "offset" = $1::bigint LIMIT 1`);
    this.#tail = statement(tailSql(tables));
    this.#archived = new ArchivedRows(tables);
  }

  /** From now on the server's own reports are listened to: one that is promoted keeps its connections. */
  watch({ client }: PgSession): void {
    // pg's type of a client in a pool lacks its connection; the report comes with the next answer, since Postgres 14.
    const { connection } = client as unknown as pg.Client;
    connection.on("parameterStatus", ({ parameterName, parameterValue }: Record<string, unknown>) => {
      if (parameterName === "in_hot_standby" && parameterValue === "off") this.#promoted.add(client);
    });
  }

  /** To be asked behind each answer. @throws WrongServer: the answer may be of another history */
  assertStillStandby({ client }: PgSession): void {
    if (this.#promoted.has(client)) throw new WrongServer("it was promoted");
  }

  /**
   * The standby's last event is one of the primary's. With a synchronous standby it may be there before the primary shows
   * it, so that is waited for.
   *
   * @throws WrongServer it follows another server, or none
   */
  async assertSameHistory(
    session: PgSession,
    primaryHashAt: (offset: number) => Promise<string | null>,
  ): Promise<void> {
    const [row] = (await ifThere(() => session.rows(this.#tail))) ?? [];
    const { offset, hash } = tailOfRow(row);
    if (offset === 0) return;
    const atPrimary = await until(() => primaryHashAt(offset));
    if (atPrimary === hash) return;
    const there = atPrimary === null ? "does not reach so far" : `has ${atPrimary} there`;
    throw new WrongServer(`it has the event ${hash} at offset ${offset}, and the primary ${there}`);
  }

  /** Waits until the standby has all that is known. @throws StandbyBehind; WrongServer it has another event there */
  async reach(session: PgSession, { known: floor, cuts }: ServerHistory): Promise<void> {
    const reached = this.#reached.get(session.client);
    if (floor.offset === 0 || (reached?.cuts === cuts && floor.offset <= reached.offset)) return;
    const hash = await until(() => this.hashAt(session, floor.offset));
    if (hash === null) throw new StandbyBehind(`it has not reached offset ${floor.offset}`);
    // A server whose history is the primary's, which it was asked for, has archived no other event there.
    if (hash !== floor.hash && hash !== ARCHIVED) {
      throw new WrongServer(`it has the event ${hash} at offset ${floor.offset}, and the primary has ${floor.hash}`);
    }
    this.#reached.set(session.client, { offset: floor.offset, cuts });
  }

  async hashAt(session: PgSession, offset: number): Promise<string | null> {
    // Of a new log the tables themselves may not have arrived.
    const [row] = (await ifThere(() => session.rows(this.#hashAt, [offset]))) ?? [];
    if (row !== undefined) return String(row[0]);
    const archive = await this.#archived.holding(session, offset);
    if (archive === undefined) return null;
    return archive.to === offset ? archive.hash : ARCHIVED;
  }
}

/** Asks until there is something, or the time is over. */
async function until(look: () => Promise<string | null>): Promise<string | null> {
  const end = performance.now() + STANDBY_WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== null || performance.now() > end) return found;
    await delay(LOOK_AGAIN_MS);
  }
}
