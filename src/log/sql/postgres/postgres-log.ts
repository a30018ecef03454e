import { AppendIntake } from "../../append-intake.js";
import type { ArchivedEvents, ArchiveEntry } from "../../archives.js";
import { assertCutOffset } from "../../check-bounds.js";
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
import type { QueueClaimed, QueueClaims } from "../../queue-claim.js";
import type { RawPieces } from "../../raw-rows.js";
import type { DocumentQuery, DocumentRead } from "../../read-model-tables.js";
import type { Tail } from "../../seal.js";
import { Announcer } from "./append/announcer.js";
import { AppendStatements } from "./append/append-statements.js";
import { ClaimAppend } from "./append/claim-append.js";
import { ContendedAppend } from "./append/contended-append.js";
import { GroupAppend } from "./append/group-append.js";
import { PostgresWriter } from "./append/postgres-writer.js";
import { ServerClaims } from "./append/server-claims.js";
import { ArchiveSteps } from "./archive/archive-steps.js";
import { ArchivedRows } from "./archive/archived-rows.js";
import { PostgresArchive } from "./archive/postgres-archive.js";
import { PostgresUnarchive } from "./archive/postgres-unarchive.js";
import { BulkChanges } from "./bulk/bulk-changes.js";
import { PostgresBulk } from "./bulk/postgres-bulk.js";
import { PostgresRawRows } from "./bulk/postgres-raw-rows.js";
import { SealedLoad } from "./bulk/sealed-load.js";
import type { PgSession } from "./connection/pg-session.js";
import { OutcomeUnknown, retryTransient } from "./connection/retry.js";
import type { RunOnServer } from "./connection/run-on-server.js";
import { tablesOf } from "./connection/statement.js";
import { postgresDoorbell } from "./doorbell/log-doorbell.js";
import type { PostgresDoorbell } from "./doorbell/postgres-doorbell.js";
import { LogLock } from "./log-lock.js";
import { PostgresReadModels } from "./models/postgres-read-models.js";
import { openSchema } from "./open-schema.js";
import { translateError } from "./postgres-errors.js";
import { PostgresFreeze } from "./postgres-freeze.js";
import { limitsOf, type PostgresLimits, type PostgresLogOptions } from "./postgres-options.js";
import { PostgresRedaction } from "./postgres-redaction.js";
import { PostgresSidecar } from "./postgres-sidecar.js";
import { type PostgresAddress, parsePostgresUrl } from "./postgres-url.js";
import { EventReads } from "./read/event-reads.js";
import { PageStatements } from "./read/page-statements.js";
import { PostgresDocumentReader } from "./read/postgres-document-reader.js";
import { StoredPages } from "./read/stored-pages.js";
import { LogServers } from "./servers/log-servers.js";
import type { ChainEnd } from "./servers/server-history.js";

/** Opening answers soon: an address that is wrong should not take as long as a server that restarts. */
const OPEN_RETRY_MS = 2_000;

/** The log as tables in one schema of a Postgres database, shared by all who reach the server. */
export class PostgresLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities;
  readonly sidecar: PostgresSidecar;
  readonly readModels: PostgresReadModels;
  readonly readPlace?: () => Promise<ReadPlace>;
  readonly #servers: LogServers;
  readonly #reads: EventReads;
  readonly #changes: BulkChanges;
  readonly #groups: GroupAppend;
  readonly #appends: AppendIntake;
  readonly #freeze: PostgresFreeze;
  readonly #archived: ArchivedRows;
  readonly #archive: ArchiveSteps;
  readonly #claims: ClaimAppend;
  readonly #doorbell: PostgresDoorbell;
  readonly #closing = new Closing();

  private constructor(url: string, address: PostgresAddress, limits: PostgresLimits, options: PostgresLogOptions) {
    const tables = tablesOf(address.schema);
    const assertOpen = (operation: string) => this.#closing.assertOpen(operation);
    const servers = new LogServers({ url, address, limits, options, assertOpen });
    const { connections, acts } = servers;
    const channel = options.notify === false ? undefined : address.channel;
    const now = options.now ?? (() => new Date());
    const ring = () => this.#doorbell.ring();
    const statements = new AppendStatements(tables);
    const lock = new LogLock(tables, limits);
    const archived = new ArchivedRows(tables);
    const pages = new StoredPages(new PageStatements(tables), archived);
    const bulk = new PostgresBulk(tables, statements, archived, lock, limits, channel);
    const contended = new ContendedAppend(tables, limits, channel);
    const mayBeAlone = options.contended !== true;
    const writer = new PostgresWriter({ connections, statements, archived, contended, lock, now, mayBeAlone });
    const announcer = channel === undefined ? undefined : new Announcer(connections, channel);
    // Where others are taken to append all the time, a tail that is expected has moved as a rule.
    this.capabilities = { durable: true, shared: true, comparesTail: mayBeAlone };
    this.url = address.url;
    this.#servers = servers;
    const rawRows = new PostgresRawRows(tables, lock, limits, channel);
    this.#reads = new EventReads(servers, pages, new PostgresDocumentReader(tables), assertOpen);
    this.#changes = new BulkChanges({
      servers,
      bulk,
      rawRows,
      redaction: new PostgresRedaction(tables),
      limits,
      now,
      ring,
    });
    this.#groups = new GroupAppend({ servers, writer, announcer, ring, onRetry: limits.onRetry });
    this.#appends = new AppendIntake(options, (group) => this.#groups.append(group));
    const claims = new ServerClaims(tables, statements, lock, limits, channel);
    this.#claims = new ClaimAppend({ acts, history: servers.history, claims, announcer, ring, now });
    this.#freeze = new PostgresFreeze(tables, lock);
    this.#archived = archived;
    this.#archive = new ArchiveSteps({ tables, lock, limits, acts, url: this.url });
    this.#doorbell = postgresDoorbell(servers, channel, limits, options);
    const run: RunOnServer = (operation, act) => acts.read(operation, act);
    // Who writes there reads there, too; who only looks needs no primary.
    const look: RunOnServer = (operation, act) => servers.read(operation, act);
    this.sidecar = new PostgresSidecar(tables, run, options.readOnly === true ? look : run);
    const saw = (end: ChainEnd) => servers.history.saw(end);
    this.readModels = new PostgresReadModels(tables, run, servers.reader, pages, archived, saw);
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

  async claimFirst(claims: QueueClaims, options: AppendOptions): Promise<QueueClaimed> {
    this.#closing.assertOpen("append");
    const batch = [{ stream: claims.streamPrefix, events: claims.events }];
    return this.#claims.claim(claims, this.#appends.prepared(batch, options));
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    const intake = this.takeSealed();
    intake.add(events);
    return intake.append();
  }

  takeSealed(): SealedIntake {
    const load = new SealedLoad();
    return { add: (events) => load.add(events), append: () => this.#changes.appendSealed(load) };
  }

  appendRaw(pieces: RawPieces): Promise<Tail> {
    return this.#changes.appendRaw(pieces);
  }

  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    this.#closing.assertOpen("redact");
    return this.#changes.redact(this.#appends.redaction(request, options));
  }

  readAll(range: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#reads.readAll(range);
  }

  readStream(stream: string, range: VersionRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#reads.readStream(stream, range);
  }

  readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    return this.#reads.readLast(stream, options);
  }

  readDocument(query: DocumentQuery): Promise<DocumentRead | undefined> {
    return this.#reads.readDocument(query);
  }

  tail(): Promise<Tail> {
    return this.#servers.tail("tail");
  }

  async offsetAt(time: Date): Promise<number> {
    return this.#reads.offsetAt(time);
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    assertCutOffset(offset);
    return this.#changes.truncateAfter(offset, expectedTail);
  }

  async freeze(movedTo: string): Promise<Tail> {
    const act = (session: PgSession) => this.#freeze.freeze(session, maskUrl(movedTo), this.url);
    return this.#servers.acts.read("freeze", act);
  }

  async thaw(): Promise<void> {
    return this.#servers.acts.read("thaw", (session) => this.#freeze.thaw(session));
  }

  async movedTo(): Promise<string | null> {
    return this.#servers.acts.read("movedTo", (session) => this.#freeze.movedTo(session));
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
    return this.#servers.acts.read("archives", (session) => this.#archived.all(session));
  }

  onAppended(ring: () => void): () => void {
    this.#closing.assertOpen("onAppended");
    return this.#doorbell.add(ring);
  }

  close(): Promise<void> {
    return this.#closing.once(async () => {
      await this.#appends.close();
      this.#doorbell.close();
      await this.#groups.close();
      await this.#servers.close();
    });
  }
}

function openAtPrimary(
  { connections }: LogServers,
  limits: PostgresLimits,
  openWith: (session: PgSession) => Promise<void>,
): Promise<void> {
  return retryTransient(Math.min(limits.retryLimitMs, OPEN_RETRY_MS), () => connections.reading(openWith), limits);
}
