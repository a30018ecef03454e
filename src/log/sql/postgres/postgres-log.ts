import { ArchivedError } from "../../../errors.js";
import { AppendIntake } from "../../append-intake.js";
import type { ArchivedEvents, ArchiveEntry } from "../../archives.js";
import { assertBounds, assertCutOffset } from "../../check-bounds.js";
import { Closing } from "../../closing.js";
import type { SealedEvent } from "../../event.js";
import type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  ReadPlace,
  RedactRequest,
  RedactResult,
  SealedIntake,
  VersionRange,
} from "../../event-log.js";
import { maskUrl } from "../../mask-url.js";
import type { AppendOptions, StreamAppend } from "../../prepare.js";
import type { SealOutcome, Tail } from "../../seal.js";
import { Announcer } from "./announcer.js";
import { AppendStatements } from "./append-statements.js";
import type { Group } from "./append-view.js";
import { ArchiveSteps } from "./archive-steps.js";
import { ArchivedRows } from "./archived-rows.js";
import { ContendedAppend } from "./contended-append.js";
import { fitsOneMessage } from "./group-parts.js";
import { postgresDoorbell } from "./log-doorbell.js";
import { LogLock } from "./log-lock.js";
import { LogServers } from "./log-servers.js";
import { openSchema } from "./open-schema.js";
import { type FirstPage, PageStatements } from "./page-statements.js";
import { walkPages } from "./page-walk.js";
import type { PgSession } from "./pg-session.js";
import type { PostgresActs } from "./postgres-acts.js";
import { PostgresArchive } from "./postgres-archive.js";
import { PostgresBulk } from "./postgres-bulk.js";
import type { PostgresDoorbell } from "./postgres-doorbell.js";
import { translateError } from "./postgres-errors.js";
import { isConnectionLost } from "./postgres-failures.js";
import { PostgresFreeze } from "./postgres-freeze.js";
import { limitsOf, type PostgresLimits, type PostgresLogOptions } from "./postgres-options.js";
import { PostgresReadModels, type RunOnServer } from "./postgres-read-models.js";
import { PostgresRedaction } from "./postgres-redaction.js";
import { PostgresSidecar } from "./postgres-sidecar.js";
import { PostgresUnarchive } from "./postgres-unarchive.js";
import { type PostgresAddress, parsePostgresUrl } from "./postgres-url.js";
import { PostgresWriter } from "./postgres-writer.js";
import { OutcomeUnknown, retryTransient } from "./retry.js";
import { SealedLoad } from "./sealed-load.js";
import type { ChainEnd } from "./server-history.js";
import type { ReadAct } from "./standby-reads.js";
import { tablesOf } from "./statement.js";
import { StoredPages } from "./stored-pages.js";

/** Opening answers soon: an address that is wrong should not take as long as a server that restarts. */
const OPEN_RETRY_MS = 2_000;

/** The log as tables in one schema of a Postgres database, shared by all who reach the server. */
export class PostgresLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities = { durable: true, shared: true };
  readonly sidecar: PostgresSidecar;
  readonly readModels: PostgresReadModels;
  readonly readPlace?: () => Promise<ReadPlace>;
  readonly #servers: LogServers;
  readonly #acts: PostgresActs;
  readonly #pages: StoredPages;
  readonly #archived: ArchivedRows;
  readonly #archive: ArchiveSteps;
  readonly #writer: PostgresWriter;
  readonly #bulk: PostgresBulk;
  readonly #freeze: PostgresFreeze;
  readonly #redaction: PostgresRedaction;
  readonly #now: () => Date;
  readonly #limits: PostgresLimits;
  readonly #doorbell: PostgresDoorbell;
  readonly #announcer: Announcer | undefined;
  readonly #onRetry: PostgresLimits["onRetry"];
  readonly #appends: AppendIntake;
  readonly #closing = new Closing();

  private constructor(url: string, address: PostgresAddress, limits: PostgresLimits, options: PostgresLogOptions) {
    const tables = tablesOf(address.schema);
    const assertOpen = (operation: string) => this.#closing.assertOpen(operation);
    const servers = new LogServers({ url, address, limits, options, assertOpen });
    const channel = options.notify === false ? undefined : address.channel;
    const statements = new AppendStatements(tables);
    const lock = new LogLock(tables, limits);
    this.url = address.url;
    this.#servers = servers;
    this.#acts = servers.acts;
    this.#appends = new AppendIntake(options, (group) => this.#flush(group));
    this.#onRetry = limits.onRetry;
    this.#archived = new ArchivedRows(tables);
    this.#pages = new StoredPages(new PageStatements(tables), this.#archived);
    const contended = new ContendedAppend(tables, limits, channel);
    this.#now = options.now ?? (() => new Date());
    this.#writer = new PostgresWriter({
      connections: servers.connections,
      statements,
      archived: this.#archived,
      contended,
      lock,
      now: this.#now,
      mayBeAlone: options.contended !== true,
    });
    this.#bulk = new PostgresBulk(tables, statements, this.#archived, lock, limits, channel);
    this.#freeze = new PostgresFreeze(tables, lock);
    this.#redaction = new PostgresRedaction(tables);
    this.#limits = limits;
    const run: RunOnServer = (operation, act) => this.#acts.read(operation, act);
    const saw = (end: ChainEnd) => servers.history.saw(end);
    // Who writes there reads there, too; who only looks needs no primary.
    const look: RunOnServer = (operation, act) => servers.read(operation, act);
    this.sidecar = new PostgresSidecar(tables, run, options.readOnly === true ? look : run);
    this.readModels = new PostgresReadModels(tables, run, servers.reader, this.#pages, this.#archived, saw);
    this.#archive = new ArchiveSteps({ tables, lock, limits, acts: servers.acts, url: this.url });
    this.#doorbell = postgresDoorbell(servers, channel, limits, options);
    this.#announcer = channel === undefined ? undefined : new Announcer(servers.connections, channel);
    if (servers.hasStandby) this.readPlace = () => servers.readPlace() as Promise<ReadPlace>;
  }

  /**
   * @throws UsageError STORE_URL_INVALID, AUTH_FAILED, DATABASE_NOT_FOUND, HOST_NOT_FOUND, TLS_FAILED, PERMISSION_DENIED,
   *   NOT_A_SESSION_LOG, SCHEMA_NEWER
   * @throws NotFoundError LOG_NOT_FOUND; UnavailableError CONNECT_REFUSED, SERVER_UNREACHABLE, NO_SERVER
   */
  static async open(url: string, options: PostgresLogOptions = {}): Promise<PostgresLog> {
    const address = parsePostgresUrl(url);
    const limits = limitsOf(options);
    const log = new PostgresLog(url, address, limits, options);
    const readOnly = options.readOnly ?? false;
    const tables = tablesOf(address.schema);
    const { partitionEvents } = address;
    const request = {
      url: address.url,
      tables,
      limits,
      mustExist: options.mustExist ?? false,
      readOnly,
      partitionEvents,
    };
    const openWith = (session: PgSession) => openSchema(session, request);
    try {
      // Who only looks needs no primary.
      if (readOnly && log.readPlace !== undefined) await log.#servers.read("open", openWith);
      else await openAtPrimary(log.#servers, limits, openWith);
      return log;
    } catch (error) {
      await log.#servers.close();
      throw translateError(error instanceof OutcomeUnknown ? error.cause : error, address.url);
    }
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#closing.assertOpen("append");
    return this.#appends.append(batch, options);
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    const intake = this.takeSealed();
    intake.add(events);
    return intake.append();
  }

  takeSealed(): SealedIntake {
    const load = new SealedLoad();
    return { add: (events) => load.add(events), append: () => this.#appendLoad(load) };
  }

  async #appendLoad(load: SealedLoad): Promise<Tail> {
    const act = (session: PgSession, uncertain: boolean) => this.#bulk.appendSealed(session, load, uncertain);
    const tail = await this.#change("appendSealed", act);
    this.#servers.history.saw(tail);
    if (load.named.length > 0) await this.#vacuum();
    return tail;
  }

  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    this.#closing.assertOpen("redact");
    const prepared = this.#appends.redaction(request, options);
    const result = await this.#change("redact", (session, uncertain) =>
      this.#bulk.redact(session, prepared, this.#now, uncertain),
    );
    this.#servers.history.saw(result.events.at(-1) as SealedEvent);
    return { ...result, remains: [...(await this.#vacuum()), ...this.#redaction.remains()] };
  }

  /** What was erased is gone from the log already; that dead rows could not be removed is told, and no failure. */
  async #vacuum(): Promise<string[]> {
    try {
      await this.#acts.read("redact", (session) => this.#redaction.vacuum(session, this.#limits.bulkTimeoutMs));
      return [];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return [`dead rows, because VACUUM could not be run (${why}); the server's own autovacuum removes them later`];
    }
  }

  async *readAll(range: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    assertBounds(range);
    const first = Math.max(range.from ?? 1, 1);
    const fetch = (from: number, last: number) =>
      this.#stored("readAll", (session) => this.#pages.ofLog(session, from, last, from > first));
    yield* walkPages({
      first,
      // The tail apart: where events are missing up to the end of the range, only it tells that they should be there.
      start: async () => {
        const tail = await this.#servers.tail("readAll");
        const last = Math.min(range.to ?? tail.offset, tail.offset);
        return { events: first > last ? [] : (await fetch(first, last)).events, last };
      },
      fetch,
      placeOf: ({ offset }) => offset,
      describe: (place) => `the event at offset ${place}`,
      assertOpen: () => this.#closing.assertOpen("readAll"),
    });
  }

  async *readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    assertBounds(range);
    const [first, to] = [Math.max(range.from ?? 1, 1), bound(range.to)];
    if (first > to) return;
    const toOffset = range.toOffset === undefined ? undefined : bound(range.toOffset);
    const page = async <P extends Pick<FirstPage, "events">>(act: ReadAct<P | ArchivedError>): Promise<P> => {
      const read = await this.#stored("readStream", act);
      const end = read.events.at(-1);
      if (end !== undefined) this.#servers.history.saw(end);
      return read;
    };
    yield* walkPages({
      first,
      start: () => page((session) => this.#pages.startOfStream(session, stream, first, to, toOffset)),
      fetch: (from, last) => page((session) => this.#pages.ofStream(session, stream, from, last)),
      placeOf: ({ version }) => version,
      describe: (place) => `version ${place} of ${stream}`,
      assertOpen: () => this.#closing.assertOpen("readStream"),
    });
  }

  async readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    const last = await this.#stored("readLast", (session) => this.#pages.lastOf(session, stream, options));
    if (last !== undefined) this.#servers.history.saw(last);
    return last;
  }

  async tail(): Promise<Tail> {
    return this.#servers.tail("tail");
  }

  async offsetAt(time: Date): Promise<number> {
    const { history, reader } = this.#servers;
    const place = await this.#stored("offsetAt", (session) => reader.offsetAt(session, time.toISOString()));
    history.saw(place);
    return place.offset;
  }

  /** A question about events. @throws ArchivedError */
  async #stored<T>(operation: string, act: ReadAct<T | ArchivedError>): Promise<T> {
    const answer = await this.#servers.read(operation, act);
    if (answer instanceof ArchivedError) throw answer;
    return answer;
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    assertCutOffset(offset);
    const tail = await this.#change("truncateAfter", (session, uncertain) =>
      this.#bulk.truncateAfter(session, offset, expectedTail, uncertain),
    );
    this.#servers.history.cut(tail);
    return tail;
  }

  async freeze(movedTo: string): Promise<Tail> {
    return this.#acts.read("freeze", (session) => this.#freeze.freeze(session, maskUrl(movedTo), this.url));
  }

  async thaw(): Promise<void> {
    await this.#acts.read("thaw", (session) => this.#freeze.thaw(session));
  }

  async movedTo(): Promise<string | null> {
    return this.#acts.read("movedTo", (session) => this.#freeze.movedTo(session));
  }

  async archive(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    await this.#archive.assertOwner();
    await new PostgresArchive(this.#archive).take(entry, redacted);
    await this.#archive.vacuum();
  }

  assertArchivable(): Promise<void> {
    return this.#archive.assertOwner();
  }

  async unarchive(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    await this.#archive.assertOwner();
    await new PostgresUnarchive(this.#archive).giveBack(entry, events);
  }

  async archives(): Promise<readonly ArchiveEntry[]> {
    return this.#acts.read("archives", (session) => this.#archived.all(session));
  }

  onAppended(ring: () => void): () => void {
    this.#closing.assertOpen("onAppended");
    return this.#doorbell.add(ring);
  }

  close(): Promise<void> {
    return this.#closing.once(() => this.#close());
  }

  async #close(): Promise<void> {
    await this.#appends.close();
    this.#doorbell.close();
    await this.#announcer?.close();
    await this.#servers.close();
  }

  async #flush(group: Group): Promise<readonly SealOutcome[]> {
    let outcomes: readonly SealOutcome[] | undefined;
    let uncertain = false;
    try {
      if (fitsOneMessage(group)) outcomes = await this.#writer.appendAtOnce(group);
    } catch (error) {
      // Whatever it was, the longer way meets it again and deals with it; only whether it was committed is not known.
      uncertain = isConnectionLost(error);
      if (uncertain) this.#onRetry?.(error);
    }
    outcomes ??= await this.#acts.append(group, (part, maybe) => this.#writer.append(part, maybe), uncertain);
    if (this.#writer.tail !== undefined) this.#servers.history.wrote(this.#writer.tail);
    const written = outcomes.findLast((outcome) => outcome.kind === "sealed");
    if (written === undefined) return outcomes;
    const { announcing } = this.#writer;
    if (announcing !== "done") {
      this.#announcer?.announce((written.events.at(-1) as SealedEvent).offset, announcing === "others");
    }
    this.#doorbell.ring();
    return outcomes;
  }

  /** A change that is not an append of new events. */
  async #change<T>(operation: string, act: (session: PgSession, uncertain: boolean) => Promise<T>): Promise<T> {
    const result = await this.#acts.change(operation, act);
    this.#doorbell.ring();
    return result;
  }
}

function openAtPrimary(
  { connections }: LogServers,
  limits: PostgresLimits,
  openWith: (session: PgSession) => Promise<void>,
): Promise<void> {
  return retryTransient(Math.min(limits.retryLimitMs, OPEN_RETRY_MS), () => connections.reading(openWith), limits);
}

/** bigint has no infinity. */
function bound(value: number | undefined): number {
  return Math.min(value ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}
