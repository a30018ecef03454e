import { ClosedError } from "../../../errors.js";
import type { SealedEvent } from "../../event.js";
import type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  PreparedAppend,
  RedactRequest,
  RedactResult,
  VersionRange,
} from "../../event-log.js";
import { GroupCommit } from "../../group-commit.js";
import { maskUrl } from "../../mask-url.js";
import { type AppendOptions, type Entropy, prepareAppend, type StreamAppend, systemEntropy } from "../../prepare.js";
import { prepareRedaction } from "../../prepare-redaction.js";
import type { Scrubber } from "../../scrubber.js";
import type { SealOutcome, Tail } from "../../seal.js";
import { AppendStatements } from "./append-statements.js";
import type { Group } from "./append-view.js";
import { Connections, clientConfig } from "./connections.js";
import { fitsOneMessage } from "./group-parts.js";
import { LogLock } from "./log-lock.js";
import { NotifyListener } from "./notify-listener.js";
import { openSchema } from "./open-schema.js";
import { PageStatements } from "./page-statements.js";
import { walkPages } from "./page-walk.js";
import type { PgSession } from "./pg-session.js";
import { PostgresActs } from "./postgres-acts.js";
import { PostgresBulk, preparedLoad } from "./postgres-bulk.js";
import { PostgresDoorbell } from "./postgres-doorbell.js";
import { translateError } from "./postgres-errors.js";
import { isConnectionLost } from "./postgres-failures.js";
import { PostgresFreeze } from "./postgres-freeze.js";
import type { ServerPlace } from "./postgres-hosts.js";
import { limitsOf, type PostgresLimits, type PostgresLogOptions } from "./postgres-options.js";
import { PostgresReadModels, type RunOnServer } from "./postgres-read-models.js";
import { PostgresReader } from "./postgres-reader.js";
import { PostgresRedaction } from "./postgres-redaction.js";
import { PostgresSidecar } from "./postgres-sidecar.js";
import { type PostgresAddress, parsePostgresUrl } from "./postgres-url.js";
import { PostgresWriter } from "./postgres-writer.js";
import { OutcomeUnknown, retryTransient } from "./retry.js";
import { ServerHistory } from "./server-history.js";
import { tablesOf } from "./statement.js";

const MAX_READERS = 4;
const POLL_MS = 1_000;
/** Opening answers soon: an address that is wrong should not take as long as a server that restarts. */
const OPEN_RETRY_MS = 2_000;

/** The log as tables in one schema of a Postgres database, shared by all who reach the server. */
export class PostgresLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities = { durable: true, shared: true };
  readonly sidecar: PostgresSidecar;
  readonly readModels: PostgresReadModels;
  readonly #connections: Connections;
  readonly #history: ServerHistory;
  readonly #acts: PostgresActs;
  readonly #entropy: Entropy;
  readonly #scrubber: Scrubber | undefined;
  readonly #reader: PostgresReader;
  readonly #pages: PageStatements;
  readonly #writer: PostgresWriter;
  readonly #bulk: PostgresBulk;
  readonly #freeze: PostgresFreeze;
  readonly #redaction: PostgresRedaction;
  readonly #now: () => Date;
  readonly #limits: PostgresLimits;
  readonly #doorbell: PostgresDoorbell;
  readonly #onRetry: PostgresLimits["onRetry"];
  readonly #appends = new GroupCommit((group) => this.#flush(group));
  #closing: Promise<void> | undefined;

  private constructor(
    address: PostgresAddress,
    connections: Connections,
    history: ServerHistory,
    limits: PostgresLimits,
    options: PostgresLogOptions,
  ) {
    const tables = tablesOf(address.schema);
    this.#history = history;
    const channel = options.notify === false ? undefined : address.channel;
    const statements = new AppendStatements(tables, channel);
    const lock = new LogLock(tables, limits);
    this.url = address.url;
    this.#connections = connections;
    this.#acts = new PostgresActs(connections, limits, address.url, (operation) => this.#assertOpen(operation));
    this.#entropy = options.entropy ?? systemEntropy();
    this.#scrubber = options.scrubber;
    this.#onRetry = limits.onRetry;
    this.#reader = new PostgresReader(tables);
    this.#pages = new PageStatements(tables);
    this.#writer = new PostgresWriter(connections, statements, lock, options.now ?? (() => new Date()));
    this.#bulk = new PostgresBulk(tables, statements, lock, limits, channel);
    this.#freeze = new PostgresFreeze(tables, lock);
    this.#redaction = new PostgresRedaction(tables);
    this.#now = options.now ?? (() => new Date());
    this.#limits = limits;
    const run: RunOnServer = (operation, act) => this.#acts.read(operation, act);
    this.sidecar = new PostgresSidecar(tables, run);
    this.readModels = new PostgresReadModels(tables, run, this.#reader, this.#pages);
    const listenPlace = listenPlaces(options, () => connections.place);
    this.#doorbell = new PostgresDoorbell({
      tailHash: async () => (await connections.reading((session) => this.#reader.tail(session))).hash,
      pollMs: options.pollMs ?? POLL_MS,
      early:
        channel === undefined
          ? undefined
          : (ring) => new NotifyListener(() => clientConfig(listenPlace(), limits), channel, ring),
    });
  }

  /**
   * @throws UsageError STORE_URL_INVALID, AUTH_FAILED, DATABASE_NOT_FOUND, HOST_NOT_FOUND, TLS_FAILED, PERMISSION_DENIED,
   *   NOT_A_SESSION_LOG, SCHEMA_NEWER
   * @throws NotFoundError LOG_NOT_FOUND; UnavailableError CONNECT_REFUSED, SERVER_UNREACHABLE
   */
  static async open(url: string, options: PostgresLogOptions = {}): Promise<PostgresLog> {
    const address = parsePostgresUrl(url);
    const limits = limitsOf(options);
    const history = new ServerHistory(address.url, tablesOf(address.schema), () => connections.greetAgain());
    const max = options.maxConnections ?? MAX_READERS;
    const connections: Connections = new Connections(address, limits, max, (session) => history.check(session));
    const request = {
      url: address.url,
      tables: tablesOf(address.schema),
      limits,
      mustExist: options.mustExist ?? false,
      readOnly: options.readOnly ?? false,
    };
    try {
      const log = new PostgresLog(address, connections, history, limits, options);
      const openOnce = () => connections.reading((session) => openSchema(session, request));
      await retryTransient(Math.min(limits.retryLimitMs, OPEN_RETRY_MS), openOnce, limits);
      return log;
    } catch (error) {
      await connections.close();
      throw translateError(error instanceof OutcomeUnknown ? error.cause : error, address.url);
    }
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#assertOpen("append");
    const batches = Array.isArray(batch) ? batch : [batch];
    return this.#appends.submit(prepareAppend(batches, options, this.#entropy, this.#scrubber));
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    return this.prepareSealed(events).append();
  }

  prepareSealed(events: readonly SealedEvent[]): PreparedAppend {
    const load = preparedLoad(events);
    const act = (session: PgSession, uncertain: boolean) => this.#bulk.appendSealed(session, load, uncertain);
    const append = async () => {
      const tail = await this.#change("appendSealed", act);
      this.#history.saw(tail);
      if (load.named.length > 0) await this.#vacuum();
      return tail;
    };
    return { append };
  }

  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    this.#assertOpen("redact");
    const prepared = prepareRedaction(request, options, this.#entropy, this.#scrubber);
    const result = await this.#change("redact", (session, uncertain) =>
      this.#bulk.redact(session, prepared, this.#now, uncertain),
    );
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
    const tail = await this.#tail("readAll");
    const last = Math.min(range.to ?? tail.offset, tail.offset);
    yield* walkPages({
      first: Math.max(range.from ?? 1, 1),
      last,
      fetch: (from) => this.#acts.read("readAll", (session) => this.#pages.ofLog(session, from, last)),
      placeOf: ({ offset }) => offset,
      describe: (place) => `the event at offset ${place}`,
      assertOpen: () => this.#assertOpen("readAll"),
    });
  }

  async *readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    const [maxVersion, maxOffset] = [bound(range.to), bound(range.toOffset)];
    const versionAt = (session: PgSession) => this.#reader.versionAt(session, stream, maxVersion, maxOffset);
    const last = await this.#acts.read("readStream", versionAt);
    yield* walkPages({
      first: Math.max(range.from ?? 1, 1),
      last,
      fetch: (from) => this.#acts.read("readStream", (session) => this.#pages.ofStream(session, stream, from, last)),
      placeOf: ({ version }) => version,
      describe: (place) => `version ${place} of ${stream}`,
      assertOpen: () => this.#assertOpen("readStream"),
    });
  }

  async readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    return this.#acts.read("readLast", (session) => this.#pages.lastOf(session, stream, options));
  }

  async tail(): Promise<Tail> {
    return this.#tail("tail");
  }

  async #tail(operation: string): Promise<Tail> {
    const tail = await this.#acts.read(operation, (session) => this.#reader.tail(session));
    this.#history.saw(tail);
    return tail;
  }

  async offsetAt(time: Date): Promise<number> {
    return this.#acts.read("offsetAt", (session) => this.#reader.offsetAt(session, time.toISOString()));
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    const tail = await this.#change("truncateAfter", (session, uncertain) =>
      this.#bulk.truncateAfter(session, offset, expectedTail, uncertain),
    );
    this.#history.cut(tail);
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

  onAppended(ring: () => void): () => void {
    this.#assertOpen("onAppended");
    return this.#doorbell.add(ring);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appends.close();
    this.#doorbell.close();
    await this.#connections.close();
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
    if (this.#writer.tail !== undefined) this.#history.wrote(this.#writer.tail);
    if (outcomes.some(({ kind }) => kind === "sealed")) this.#doorbell.ring();
    return outcomes;
  }

  /** A change that is not an append of new events. */
  async #change<T>(operation: string, act: (session: PgSession, uncertain: boolean) => Promise<T>): Promise<T> {
    const result = await this.#acts.change(operation, act);
    this.#doorbell.ring();
    return result;
  }

  #assertOpen(operation: string): void {
    if (this.#closing !== undefined) throw new ClosedError(operation);
  }
}

/** Where to listen next: at the log's own server, wherever that is by then, or at those of `listenUrl` in turn. */
function listenPlaces({ listenUrl }: PostgresLogOptions, own: () => ServerPlace): () => ServerPlace {
  if (listenUrl === undefined) return own;
  const { servers } = parsePostgresUrl(listenUrl);
  let turn = 0;
  return () => servers[turn++ % servers.length] as ServerPlace;
}

/** bigint has no infinity. */
function bound(value: number | undefined): number {
  return Math.min(value ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}
