import { ClosedError, UnavailableError } from "../errors.js";
import { type ArchivedEvents, type ArchiveEntry, archiveUnsupported } from "../log/archives.js";
import { Bells } from "../log/bells.js";
import { assertBounds } from "../log/check-bounds.js";
import type { SealedEvent } from "../log/event.js";
import type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  RedactRequest,
  RedactResult,
  VersionRange,
} from "../log/event-log.js";
import { GroupCommit } from "../log/group-commit.js";
import { maskUrl } from "../log/mask-url.js";
import type { LogNotice, OpenLogOptions } from "../log/open-log-options.js";
import { type AppendOptions, type Entropy, prepareAppend, type StreamAppend, systemEntropy } from "../log/prepare.js";
import type { ReadModelTables } from "../log/read-model-tables.js";
import { redactionUnsupported } from "../log/redaction.js";
import type { Scrubber } from "../log/scrubber.js";
import type { Tail } from "../log/seal.js";
import type { Sidecar } from "../log/sidecar.js";
import { openLog, scrubberOf } from "../open-log.js";
import { AppendPath } from "./append-path.js";
import { eitherSidecar } from "./either-sidecar.js";
import type { LocalView } from "./local-view.js";
import { outboxFolder } from "./outbox-place.js";
import { OutboxStore } from "./outbox-store.js";
import { ProvisionalPlaces } from "./provisional-places.js";
import { noCopy } from "./queue-rules.js";
import type { Replayed } from "./replay-queue.js";
import { ServerLink } from "./server-link.js";
import type { SettleOptions } from "./settle.js";
import type { Staleness } from "./staleness.js";

export interface OutboxLogOptions extends OpenLogOptions {
  /** The folder below which each server's log has its outbox. */
  readonly outboxRoot: string;
  /** How soon, and how often, a server that is away is asked again, and the copy brought up to date. Default 1,000. */
  readonly contactMs?: number;
  /** How long a copy may take that nobody waits for. Default 2,000. */
  readonly copyMs?: number;
  /** False: what waits is replayed by `replay` and before the next append, and not as soon as the server is there. */
  readonly replays?: boolean;
}

type Archivable = EventLog & Required<Pick<EventLog, "archive" | "unarchive">>;
type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

const OTHER_OUTBOXES = "outboxes of other machines: their copies follow when they reach the server, older ones stay";

/** A server that is away should not hold up anybody for long: there is another place to go. */
const RETRY_MS = 2_000;

/**
 * The log of a server, with an outbox beside it on this machine (`fallback: outbox`). What it promises beyond EventLog:
 *
 * **While the server is there** it is the server's log. A copy of it is kept here, which nothing is read from.
 *
 * **While it is away** (`isAway` says what that means; everything else stays an error):
 * - An append is checked against the local view (the copy, and what waits), then waits in the outbox, durably, and says so:
 *   `queued`, and a notice OUTBOX_QUEUED. An append that the server may have taken waits too, with the same ids.
 * - A read is answered from the local view and says how old it is: `staleness`, and a notice OUTBOX_READ. Without a whole
 *   copy it rejects with OUTBOX_NO_COPY, and so does an append that expects something of a stream.
 * - appendSealed, redact, truncateAfter, archive and unarchive reject with the error that said that the server is away.
 *
 * **When it is back** what waits is replayed before anything else is written, in its order, by one process at a time. Each
 * append that was acknowledged is then in the server's log exactly once, or among the conflicts: none is dropped, and none is
 * doubled, wherever a process or the server is killed. Events of one stream keep their order.
 *
 * Appends called at the same time are sent together, and the next ones when those are answered.
 */
export class OutboxLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities = { durable: true, shared: true };
  readonly sidecar: Sidecar;
  /** The server's, where it was there when this was opened; they reject while it is away. */
  readonly readModels?: ReadModelTables;
  readonly #entropy: Entropy;
  readonly #scrubber: Scrubber | undefined;
  readonly #link: ServerLink;
  readonly #store: OutboxStore;
  readonly #notify: (notice: LogNotice) => void;
  readonly #places = new ProvisionalPlaces();
  readonly #path: AppendPath;
  readonly #appends: GroupCommit;
  readonly #bells: Bells;
  #serverBell: (() => void) | undefined;
  #staleness: Staleness | undefined;
  #isHeard = false;
  #isToldOf: string | undefined;
  #closing: Promise<void> | undefined;

  private constructor(url: string, store: OutboxStore, options: OutboxLogOptions) {
    const { outboxRoot: _, contactMs, copyMs, replays, ...forServer } = options;
    this.url = maskUrl(url);
    this.#store = store;
    this.#notify = options.onNotice ?? (() => undefined);
    const entropy = options.entropy ?? systemEntropy();
    // The salt is given where an event is sealed: by the server, or by the outbox's own log.
    this.#entropy = { newId: () => entropy.newId(), newSalt: () => "0".repeat(32) };
    this.#scrubber = scrubberOf(forServer);
    this.#link = new ServerLink({
      open: () => openLog(url, { retryLimitMs: RETRY_MS, ...forServer, scrub: { mode: "off" } }),
      store,
      notify: (code, message) => this.#notify({ code, message }),
      onChange: () => this.#changed(),
      contactMs,
      copyMs,
      replays,
    });
    this.#bells = new Bells(
      () => this.#listen(),
      () => this.#unlisten(),
    );
    this.#path = new AppendPath(this.#link, store, this.#places, (events, why) => this.#tellQueued(events, why));
    this.#appends = new GroupCommit(async (group) => {
      const outcomes = await this.#path.append(group);
      this.#bells.ring();
      return outcomes;
    });
    this.sidecar = eitherSidecar(this.#link, store, (operation) => this.#assertOpen(operation));
  }

  /** @throws whatever `openLog` throws where the server is there and refuses; StorageError where the folder cannot be used */
  static async open(url: string, options: OutboxLogOptions): Promise<OutboxLog> {
    const folder = outboxFolder(options.outboxRoot, url);
    const store = new OutboxStore(folder, maskUrl(url), options);
    const log = new OutboxLog(url, store, options);
    try {
      await log.#link.begin();
      const tables = log.#link.server?.readModels;
      return tables === undefined ? log : Object.assign(log, { readModels: tables });
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** Of the last answer that was not the server's; undefined where the server is there. */
  get staleness(): Staleness | undefined {
    return this.#link.away === undefined ? undefined : this.#staleness;
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#assertOpen("append");
    const batches = Array.isArray(batch) ? batch : [batch];
    const result = await this.#appends.submit(prepareAppend(batches, options, this.#entropy, this.#scrubber));
    if (!this.#path.isQueued(result.events)) return result;
    await this.#remember().catch(() => undefined); // it waits already: what fails now is met by the next read
    return { ...result, queued: true };
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    return (await this.#present("appendSealed")).appendSealed(events);
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    return (await this.#present("truncateAfter")).truncateAfter(offset, expectedTail);
  }

  /** On the server; then on the copy of this machine. Copies of other machines follow when these reach the server. */
  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    const server = await this.#present("redact");
    if (server.redact === undefined) throw redactionUnsupported(this.url);
    const { remains, ...result } = await server.redact(request, options);
    const copied = await this.#link.replay({}).then(
      () => [],
      () => ["the outbox of this machine, whose copy follows with the next use of the server"],
    );
    return { ...result, remains: [...remains, ...copied, OTHER_OUTBOXES] };
  }

  /** On the server. @throws as EventLog, and where the server is away */
  async archive(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    const server = await this.#archivable("archive");
    await this.#link.assertCopied(entry.to);
    await server.archive(entry, redacted);
  }

  async unarchive(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    await (await this.#archivable("unarchive")).unarchive(entry, events);
  }

  async assertArchivable(to: number): Promise<void> {
    await (await this.#archivable("archive")).assertArchivable?.(to);
    await this.#link.assertCopied(to);
  }

  /** The local copy has everything. */
  archives(): Promise<readonly ArchiveEntry[]> {
    return this.#either(
      "archives",
      async (server) => (await server.archives?.()) ?? [],
      async () => [],
    );
  }

  async #archivable(operation: string): Promise<Archivable> {
    const server = await this.#present(operation);
    if (server.archive === undefined) throw archiveUnsupported(this.url);
    return server as Archivable;
  }

  readAll(range: OffsetRange = {}): Pages {
    return this.#pages("readAll", range, (log) => log.readAll(range));
  }

  readStream(stream: string, range: VersionRange = {}): Pages {
    return this.#pages("readStream", range, (log) => log.readStream(stream, range));
  }

  readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    return this.#either(
      "readLast",
      async (server) => this.#lastSeen(await server.readLast(stream, options)),
      async (view) => this.#lastSeen(await view.readLast(stream, options), view.copied.tail.offset),
    );
  }

  tail(): Promise<Tail> {
    return this.#either(
      "tail",
      (server) => server.tail(),
      async (view) => view.tail,
    );
  }

  offsetAt(time: Date): Promise<number> {
    return this.#either(
      "offsetAt",
      (server) => server.offsetAt(time),
      (view) => view.offsetAt(time),
    );
  }

  onAppended(ring: () => void): () => void {
    this.#assertOpen("onAppended");
    return this.#bells.add(ring);
  }

  /**
   * Replays what waits and copies all that the server has, now.
   *
   * @throws UnavailableError where the server is away; RefusedError OUTBOX_OTHER_HISTORY
   */
  async replay(options: SettleOptions = {}): Promise<Replayed> {
    this.#assertOpen("replay");
    return this.#link.replay(options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appends.close();
    this.#bells.close();
    await this.#link.close();
    await this.#store.close();
  }

  #tellQueued(events: readonly SealedEvent[], why: string): void {
    const what = events.map(({ type, stream }) => `${type} of ${stream}`);
    const shown = what.length > 3 ? `${what.slice(0, 3).join(", ")} and ${what.length - 3} more` : what.join(", ");
    const message = `WARNING: NOT on the server, only queued on this machine (${why}): ${shown}. It is sent when ${this.url} is back`;
    this.#notify({ code: "OUTBOX_QUEUED", message });
  }

  /** The server's pages; where it goes away before the first of them, the view's. After that it is an error. */
  async *#pages(
    operation: string,
    range: OffsetRange | VersionRange,
    read: (log: Pick<EventLog, "readAll" | "readStream">) => Pages,
  ): Pages {
    assertBounds(range);
    const { pages, first } = await this.#either(
      operation,
      (server) => begun(this.#seen(read(server))),
      (view) => begun(this.#seen(read(view), view.copied.tail.offset)),
    );
    try {
      if (first.done === true) return;
      yield first.value;
      this.#assertOpen(operation);
      yield* pages;
    } finally {
      await pages.return();
    }
  }

  #lastSeen(event: SealedEvent | undefined, copiedOffset?: number): SealedEvent | undefined {
    if (event !== undefined) this.#see([event], copiedOffset);
    return event;
  }

  /** What is behind the copy has provisional places: whoever decides on them must meet the same events there. */
  #see(events: readonly SealedEvent[], copiedOffset = Number.MAX_SAFE_INTEGER): void {
    this.#places.see(events);
    this.#places.note(events.filter(({ offset }) => offset > copiedOffset));
  }

  async *#seen(pages: Pages, copiedOffset?: number): Pages {
    for await (const page of pages) {
      this.#see(page, copiedOffset);
      yield page;
    }
  }

  async #either<T>(
    operation: string,
    fromServer: (server: EventLog) => Promise<T>,
    fromView: (view: LocalView) => Promise<T>,
  ): Promise<T> {
    this.#assertOpen(operation);
    const server = await this.#link.forReading();
    try {
      if (server !== undefined) return await fromServer(server);
    } catch (error) {
      if (!this.#link.isAway(error)) throw error;
      this.#link.gone(error);
    }
    const { view, staleness } = await this.#remember();
    if (staleness.completeAt === null) throw noCopy("what is in it", this.#link.away?.error);
    this.#tellStale(staleness);
    return fromView(view);
  }

  async #remember(): Promise<{ view: LocalView; staleness: Staleness }> {
    const { state, view } = await this.#store.current();
    const { since = this.#store.now().toISOString(), code = "LOG_LOCKED" } = this.#link.away ?? {};
    const { offset, completeAt } = state.copy;
    this.#staleness = { awaySince: since, code, copiedOffset: offset, completeAt, queued: view.queue.length };
    return { view, staleness: this.#staleness };
  }

  /** Once for each time that it goes away. */
  #tellStale({ awaySince, code, copiedOffset, completeAt, queued }: Staleness): void {
    if (this.#isToldOf === awaySince) return;
    this.#isToldOf = awaySince;
    const waiting = queued === 0 ? "" : `, and ${queued} queued on this machine`;
    const message = `WARNING: ${this.url} is away (${code}): read from a local copy, as of offset ${copiedOffset} at ${completeAt}${waiting}`;
    this.#notify({ code: "OUTBOX_READ", message });
  }

  /** The server, for what cannot wait. */
  async #present(operation: string): Promise<EventLog> {
    this.#assertOpen(operation);
    const server = await this.#link.forWriting();
    if (server !== undefined) return server;
    throw this.#link.away?.error ?? new UnavailableError("LOG_LOCKED", "another process replays the outbox");
  }

  #listen(): void {
    this.#isHeard = true;
    this.#serverBell ??= this.#link.server?.onAppended(() => this.#bells.ring());
  }

  #unlisten(): void {
    this.#isHeard = false;
    this.#serverBell?.();
    this.#serverBell = undefined;
  }

  #changed(): void {
    if (this.#isHeard) this.#listen();
    this.#bells.ring();
  }

  #assertOpen(operation: string): void {
    if (this.#closing !== undefined) throw new ClosedError(operation);
  }
}

async function begun(pages: Pages): Promise<{ pages: Pages; first: IteratorResult<readonly SealedEvent[], void> }> {
  return { pages, first: await pages.next() };
}
