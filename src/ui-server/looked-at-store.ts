import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { CollaborativeSessions } from "../collab/collaborative-sessions.js";
import { NotFoundError, UnavailableError } from "../errors.js";
import type { EventFilter } from "../inspect/event-filter.js";
import { PastCollab } from "../inspect/past-collab.js";
import { PastStates } from "../inspect/past-states.js";
import { ChainWatch } from "../inspect/timeline/chain-watch.js";
import type { TimelineFilter } from "../inspect/timeline/column-matcher.js";
import type { EventColumns } from "../inspect/timeline/event-columns.js";
import { LogIndex } from "../inspect/timeline/log-index.js";
import type { PathPlaces } from "../inspect/timeline/path-places.js";
import { PathRows } from "../inspect/timeline/path-rows.js";
import { PlacesIndex } from "../inspect/timeline/places-index.js";
import type { EventLog } from "../log/event-log.js";
import { stalenessOf } from "../outbox/staleness.js";
import type { SessionStore } from "../session/session-store.js";
import type { LiveStatus } from "./answers.js";

/** How long a picture waits for events that were appended just before it was asked for. */
const INDEX_WAIT_MS = 400;
/** How long somebody waits for the end of a log that others are reading. */
const TAIL_WAIT_MS = 250;
/** How long a list waits that is wrong without them. */
const READ_UP_LIMIT_MS = 10_000;

/** What the page looks at: a log, and what the server keeps of it in memory. */
export class LookedAtStore {
  readonly log: EventLog;
  /** undefined where nobody may write. */
  readonly writer: SessionStore | undefined;
  readonly index: LogIndex;
  readonly collab: PastCollab;
  /** Of the present, as its read models are. */
  readonly collabNow: CollaborativeSessions;
  readonly chain: ChainWatch;
  readonly #id = randomUUID();
  readonly #paths: PathRows;
  readonly #places: PlacesIndex;
  #states: PastStates;
  #generation: number;
  #tail: number | undefined;

  constructor(log: EventLog, writer: SessionStore | undefined) {
    this.log = log;
    this.writer = writer;
    this.index = new LogIndex(log);
    this.chain = new ChainWatch(log, this.index);
    this.#paths = new PathRows(log);
    this.#places = new PlacesIndex(log);
    this.collabNow = new CollaborativeSessions(log);
    this.collab = new PastCollab(log, () => this.index.columns);
    this.#states = this.#newStates();
    this.#generation = this.index.generation;
  }

  /** Those of a history that was cut back are forgotten. */
  get states(): PastStates {
    if (this.#generation !== this.index.generation) {
      this.#generation = this.index.generation;
      this.#states = this.#newStates();
    }
    return this.#states;
  }

  async status(): Promise<LiveStatus> {
    const { columns, generation, trouble = null } = this.index;
    const indexed = columns.count;
    // While it cannot be read, the last that was known is what there is; the index finds out why, and says it.
    const tail = trouble === null ? await this.#tailSoon().catch(() => undefined) : undefined;
    const movedTo = tail === undefined ? null : await this.#movedTo();
    const stale = stalenessOf(this.log) ?? null;
    return { server: this.#id, indexed, tail: tail ?? indexed, generation, trouble, stale, movedTo };
  }

  /** The columns, with what was appended before the call where they are that far in a short while. */
  async columns(): Promise<EventColumns> {
    await this.index.has(await this.#tailSoon(), INDEX_WAIT_MS);
    return this.index.columns;
  }

  /** The columns, with everything up to `at`: half a list would look like a whole one. @throws UnavailableError UI_READING_UP */
  async columnsTo(at: number): Promise<EventColumns> {
    if (await this.index.has(at, READ_UP_LIMIT_MS)) return this.index.columns;
    const { count } = this.index.columns;
    throw new UnavailableError("UI_READING_UP", `the log is read up to event ${count}, and ${at} was asked for`, {
      hint: "wait until it has been read, or ask for an earlier place",
    });
  }

  /**
   * Waits, for some seconds at most, until the log was read for pictures. A log without tables reads all of itself once more
   * to find its streams, and answers nobody else meanwhile: better after the pictures are there than before.
   */
  async streams(): Promise<void> {
    if (this.log.readModels === undefined) await this.index.settled(READ_UP_LIMIT_MS);
  }

  /** @param at default the tail. @throws NotFoundError POINT_OUTSIDE */
  async offset(at: number | undefined): Promise<{ at: number; tail: number }> {
    const { offset: tail } = await this.log.tail();
    if (at === undefined || at <= tail) return { at: at ?? tail, tail };
    throw new NotFoundError("POINT_OUTSIDE", `${at} is outside the log, which ends at ${tail}`, {
      hint: "it may have been cut back: go to the end with End",
    });
  }

  /** What is asked of the columns. Paths are in the data, which is read for them. @throws UnavailableError UI_READING_UP */
  async filter(columns: EventColumns, { paths = [], ...filter }: EventFilter): Promise<TimelineFilter> {
    if (paths.length === 0) return filter;
    const { ready, known } = this.#paths.of(columns, paths);
    return { ...filter, rows: await readUp(ready, () => `for this path up to ${known()} of ${columns.count}`) };
  }

  /** What each event writes, with everything that the columns have. @throws UnavailableError UI_READING_UP */
  async places(columns: EventColumns): Promise<PathPlaces> {
    const { ready, known } = this.#places.of(columns);
    return readUp(ready, () => `for the paths that they write up to ${known()} of ${columns.count}`);
  }

  async close(): Promise<void> {
    await this.chain.close();
    await this.#paths.close();
    await this.#places.close();
    await this.index.close();
  }

  /** The tail; where the log is busy for longer, the one that it had last. */
  async #tailSoon(): Promise<number> {
    const asked = this.log.tail().then(({ offset }) => {
      this.#tail = offset;
      return offset;
    });
    const known = this.#tail;
    if (known === undefined) return asked;
    return Promise.race([asked, delay(TAIL_WAIT_MS, known, { ref: false })]);
  }

  /** A log that cannot say it just now is not known to be frozen; the index finds out what is wrong. */
  async #movedTo(): Promise<string | null> {
    return (await this.log.movedTo?.().catch(() => null)) ?? null;
  }

  #newStates(): PastStates {
    return new PastStates(this.log, () => this.index.columns);
  }
}

/** @throws UnavailableError UI_READING_UP after a while: the reading goes on */
async function readUp<T>(ready: Promise<T>, progress: () => string): Promise<T> {
  const timeout = new AbortController();
  const late = delay(READ_UP_LIMIT_MS, undefined, { signal: timeout.signal }).catch(() => undefined);
  const found = await Promise.race([ready, late]).finally(() => timeout.abort());
  if (found !== undefined) return found;
  throw new UnavailableError("UI_READING_UP", `events were looked at ${progress()}`, {
    hint: "it goes on: ask again, or wait",
  });
}
