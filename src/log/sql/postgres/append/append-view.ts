import { type ArchiveEntry, archivedForGood } from "../../../archives.js";
import type { SealedEvent } from "../../../event.js";
import type { PreparedEvent } from "../../../prepare.js";
import type { Known, Tail } from "../../../seal.js";
import { StreamVersions } from "../../stream-versions.js";
import type { ArchivedRows } from "../archive/archived-rows.js";
import type { PgSession } from "../connection/pg-session.js";
import type { AppendStatements, Look } from "./append-statements.js";

export type Group = readonly (readonly PreparedEvent[])[];

/** What a group of appends must know of the log to be sealed; right for as long as the log ends at `tail`. */
export interface AppendView {
  readonly tail: Tail;
  readonly known: Known;
  /** The log was asked during this append; else all is from memory, and may be out of date. */
  readonly looked: boolean;
  /** Some of the ids stand in the log, or in its archives. */
  readonly repeats: boolean;
  /** Versions that were believed, by stream: the append itself must find them. */
  readonly believed: ReadonlyMap<string, number>;
}

/** Which ids are looked up. Those that were made just now can stand in no log, unless an earlier attempt has put them there. */
export type IdChoice = "given" | "all";

const NOTHING_BELIEVED: ReadonlyMap<string, number> = new Map();

/** Where ids of a group stand: events of the log, ids in its archives, and the last of these. */
interface Found {
  readonly events: readonly SealedEvent[];
  readonly ids: readonly string[];
  readonly last: ArchiveEntry | undefined;
}

/** Makes the views, from memory where that reaches. Memory is kept only from one confirmed append to the next. */
export class AppendViews {
  readonly #statements: AppendStatements;
  readonly #archived: ArchivedRows;
  readonly #versions = new StreamVersions();
  #tail: Tail | undefined;

  constructor(statements: AppendStatements, archived: ArchivedRows) {
    this.#statements = statements;
    this.#archived = archived;
  }

  /** The tail as this process last saw it. */
  get tail(): Tail | undefined {
    return this.#tail;
  }

  /** To be used at once: it looks into the memory itself. @returns undefined where that does not hold all that the group needs */
  remembered(group: Group): AppendView | undefined {
    if (this.#tail === undefined) return undefined;
    const { hash } = this.#tail;
    const expected = new Map<string, number>();
    for (const append of group) {
      for (const { stream, fresh, expectedVersion, tailHash } of append) {
        if (!fresh) return undefined;
        if (this.#versions.get(stream) !== undefined || expected.has(stream)) continue;
        // Whoever expects that a stream is new is believed at first: if it is there after all, the unique index over
        // stream and version refuses its event, and the log is asked. Of any other version nothing would refuse a gap; it
        // is believed of whoever knows the tail as well, and the statement that appends looks whether it is there.
        if (expectedVersion !== 0 && (tailHash !== hash || typeof expectedVersion !== "number")) return undefined;
        expected.set(stream, expectedVersion);
      }
    }
    const known = { ...this.#remembered(expected), idsAreNew: true };
    return { tail: this.#tail, known, looked: false, repeats: false, believed: expected };
  }

  /** Asked only for streams that are known or in `expected`, and for ids that were made just now. */
  #remembered(expected: ReadonlyMap<string, number>): Known {
    return {
      versionOf: (stream) => this.#versions.get(stream) ?? expected.get(stream) ?? 0,
      eventById: () => undefined,
    };
  }

  /** Asks the log: one round trip, and one more where ids stand in it already. */
  async look(session: PgSession, group: Group, choice: IdChoice): Promise<AppendView> {
    const look = await this.#statements.look(session, streamsOf(group), idsOf(group, choice));
    return this.#seen(session, group, look);
  }

  /** What look asks first, for whoever can ask it together with something else; undefined where it is too long for that. */
  question(group: Group, choice: IdChoice): string | undefined {
    return this.#statements.question(streamsOf(group), idsOf(group, choice));
  }

  /** As look, of the answer to its question. */
  async answered(session: PgSession, group: Group, choice: IdChoice, rows: readonly unknown[][]): Promise<AppendView> {
    const look = this.#statements.lookOf(rows);
    return look.archived === undefined ? this.look(session, group, choice) : this.#seen(session, group, look);
  }

  async #seen(session: PgSession, group: Group, { tail, versions, offsets, archived = [] }: Look): Promise<AppendView> {
    const events = offsets.length === 0 ? [] : await this.#statements.eventsAt(session, offsets);
    const last = archived.length === 0 ? undefined : await this.#archived.last(session);
    const known = new Map(streamsOf(group).map((stream, i) => [stream, versions[i] ?? 0]));
    this.#at(tail);
    for (const [stream, version] of known) this.#versions.set(stream, version);
    const repeats = events.length + archived.length > 0;
    const found = { events, ids: archived, last };
    return { tail, known: knownOf(known, found), looked: true, repeats, believed: NOTHING_BELIEVED };
  }

  /**
   * What a server has seen under the lock: `versions` of the streams of `group`, in order of appearance, and none of its ids.
   * For groups of few streams; to be used at once, as `remembered`.
   */
  seen(group: Group, tail: Tail, versions: readonly number[]): Known {
    this.#at(tail);
    let i = 0;
    for (const stream of streamsOf(group)) this.#versions.set(stream, versions[i++] ?? 0);
    return this.#remembered(NOTHING_BELIEVED);
  }

  /** The log was seen to end at `tail`: what was known of another tail is forgotten. */
  #at(tail: Tail): void {
    this.#versions.at(tail);
    this.#tail = tail;
  }

  /** `events` were confirmed behind the tail last given to look. */
  learn(events: readonly SealedEvent[], tail: Tail): void {
    this.#versions.learn(events, tail);
    this.#tail = tail;
  }

  forget(): void {
    this.#versions.forget();
    this.#tail = undefined;
  }
}

function knownOf(versions: ReadonlyMap<string, number>, { events, ids, last }: Found): Known {
  const byId = new Map(events.map((event) => [event.id, event]));
  return {
    // Every stream of the group is in there.
    versionOf: (stream) => versions.get(stream) as number,
    eventById: (id) => byId.get(id),
    archivedId: (id) =>
      last !== undefined && ids.includes(id)
        ? archivedForGood(`the event ${id}, which was appended before,`, last)
        : undefined,
  };
}

function streamsOf(group: Group): string[] {
  const streams = new Set<string>();
  for (const append of group) for (const { stream } of append) streams.add(stream);
  return [...streams];
}

function idsOf(group: Group, choice: IdChoice): string[] {
  const ids: string[] = [];
  for (const append of group) for (const { id, fresh } of append) if (choice === "all" || !fresh) ids.push(id);
  return ids;
}
