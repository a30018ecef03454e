import type { PreparedEvent } from "../../../prepare.js";
import type { Tail } from "../../../seal.js";
import type { PgSession } from "../connection/pg-session.js";
import { type Statement, statement, type Tables } from "../connection/statement.js";
import { countOf, tailOfRow } from "../event-rows.js";
import { CommitUnknown, isCertain, sqlState } from "../postgres-failures.js";
import type { PostgresLimits } from "../postgres-options.js";
import type { Group } from "./append-view.js";
import { quoted } from "./array-text.js";

/** No right to call it; it is not there; it may not commit where it is called. Nothing was written. */
const IMPOSSIBLE = ["42501", "42883", "2D000"];
/** Of whoever has waited for the lock in vain, and has taken back what he asked for. */
const NOTHING_APPENDED = "nothing was appended";
const PARAMETERS = 15;
/** Of `expected`: any version but 0; any at all. */
const EXISTS = "-1";
const ANY = "any";
/** Of the arrays, the one of expected versions; before the arrays, other parameters. */
const EXPECTED = 3;
const BEFORE_ARRAYS = 3;

/** What the server has seen under the lock, and whether it has stored the group behind that. */
export interface ServerAppend {
  readonly stored: boolean;
  /** Listeners have heard of it. */
  readonly told: boolean;
  readonly tail: Tail;
  /** Of the streams of the group, in order of appearance; 0 where there are no events. */
  readonly versions: readonly number[];
}

/** One call of a function of the server, which migrations/0006-contended-append.ts explains: it locks, looks, seals and writes. */
export class ContendedAppend {
  readonly #call: Statement;
  readonly #takeBack: Statement;
  readonly #channel: string | null;
  readonly #waitMs: string;
  #isPossible = true;
  /** A call was lost on the way: its request may still wait. */
  #mayBeLeft = false;

  constructor({ schema }: Tables, { lockTimeoutMs }: PostgresLimits, channel: string | undefined) {
    const values = Array.from({ length: PARAMETERS }, (_, i) => `$${i + 1}`);
    // Not an array with NULL in it: what that means is a setting of the server.
    const expected = BEFORE_ARRAYS + EXPECTED;
    values[expected] = `string_to_array(${values[expected]}, ',', '${ANY}')::bigint[]`;
    this.#call = statement(`CALL "${schema}".append_among_others(${values.join(", ")}, NULL)`);
    this.#takeBack = statement(
      `UPDATE "${schema}".append_requests SET waits = false, datas = '{}', salts = '{}' WHERE waits AND ids && $1::text[]`,
    );
    this.#channel = channel ?? null;
    this.#waitMs = String(lockTimeoutMs);
  }

  /** False once it was seen that this user, or this server as it is set, cannot do it. */
  get isPossible(): boolean {
    return this.#isPossible;
  }

  /**
   * Stores all of the group, or nothing where an expected version does not hold.
   *
   * @returns undefined where it takes another way: some of the ids stand in the log, the server refuses the events, or it is
   *   not possible. Nothing was written
   * @throws the driver's errors, where nothing was written; CommitUnknown where it may have been, or may still be
   */
  async append(session: PgSession, group: Group, now: Date): Promise<ServerAppend | undefined> {
    const values = [this.#channel, this.#waitMs, now.toISOString(), ...columnsOf(group)];
    try {
      const [answer] = await session.call(this.#call, values);
      this.#isPossible = typeof answer === "string";
      return this.#isPossible ? answerOf(answer as string) : undefined;
    } catch (error) {
      this.#isPossible = !IMPOSSIBLE.includes(sqlState(error) ?? "");
      if (!this.#isPossible) return undefined;
      if (isCertain(error, NOTHING_APPENDED)) throw error;
      this.#mayBeLeft = true;
      throw new CommitUnknown(error);
    }
  }

  /** The caller holds the lock, and appends or refuses these events himself: nobody shall do it for him afterwards. */
  async takeBackLocked(session: PgSession, group: Group): Promise<void> {
    if (!this.#mayBeLeft) return;
    await session.rows(this.#takeBack, [group.flat().map(({ id }) => id)]);
    this.#mayBeLeft = false;
  }
}

/** @returns undefined where ids stand in the log */
function answerOf(answer: string): ServerAppend | undefined {
  const [stored, told, offset, hash, recordedAt, befores] = answer.split("|");
  if (befores === undefined) return undefined;
  return {
    stored: stored === "t",
    told: told === "t",
    tail: tailOfRow([offset, hash, recordedAt]),
    versions: befores.split(",").map(countOf),
  };
}

/**
 * The arrays of the function, in its order, each as the text that Postgres reads as one. Event by event in plain loops: a
 * process that appends now and then runs this as V8 interprets it, and one that begins to append often pays for compiling it.
 */
function columnsOf(group: Group): string[] {
  const given: string[] = [];
  const columns = Array.from({ length: PARAMETERS - BEFORE_ARRAYS - 1 }, (): string[] => []);
  const places = new Map<string, number>();
  let place = 0;
  for (const append of group) {
    let rest = append.length;
    for (const event of append) {
      if (!event.fresh) given.push(quoted(event.id));
      addCells(columns, event, places.get(event.stream) ?? 0, --rest);
      places.set(event.stream, ++place);
    }
  }
  return [given, ...columns].map((cells, i) => (i === EXPECTED ? cells.join(",") : `{${cells}}`));
}

/** Of one event. `earlier`: the place from 1 of the event before, of the same stream; 0 where there is none. */
function addCells(columns: string[][], event: PreparedEvent, earlier: number, rest: number): void {
  const { stream, id, type, actor, metaText, dataText, salt, bodyText } = event;
  const texts = [id, type, actor, metaText, dataText, salt, bodyText].map(quoted);
  const cells = [quoted(stream), String(earlier), expectedOf(event), String(rest), ...texts];
  for (let i = 0; i < cells.length; i++) columns[i]?.push(cells[i] as string);
}

function expectedOf({ expectedVersion = "any" }: PreparedEvent): string {
  if (expectedVersion === "any") return ANY;
  return expectedVersion === "exists" ? EXISTS : String(expectedVersion);
}
