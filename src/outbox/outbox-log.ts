import { AppendIntake } from "../log/append-intake.js";
import type { ArchivedEvents, ArchiveEntry } from "../log/archives.js";
import { Closing } from "../log/closing.js";
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
import { maskUrl } from "../log/mask-url.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { type AppendOptions, type Entropy, type StreamAppend, systemEntropy } from "../log/prepare.js";
import type { ReadModelTables } from "../log/read-model-tables.js";
import type { Tail } from "../log/seal.js";
import type { Sidecar } from "../log/sidecar.js";
import { openLog, scrubberOf } from "../open-log.js";
import { AnsweringSide } from "./answering-side.js";
import { AppendPath } from "./append-path.js";
import { eitherSidecar } from "./either-sidecar.js";
import { OutboxBells } from "./outbox-bells.js";
import { queuedNotice } from "./outbox-notices.js";
import { outboxFolder } from "./outbox-place.js";
import { OutboxReader } from "./outbox-reader.js";
import { OutboxStore } from "./outbox-store.js";
import { ProvisionalPlaces } from "./provisional-places.js";
import type { Replayed } from "./replay-queue.js";
import { ServerChanges } from "./server-changes.js";
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

type Pages = AsyncGenerator<readonly SealedEvent[], void, undefined>;

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
  readonly #link: ServerLink;
  readonly #store: OutboxStore;
  readonly #side: AnsweringSide;
  readonly #reader: OutboxReader;
  readonly #changes: ServerChanges;
  readonly #path: AppendPath;
  readonly #appends: AppendIntake;
  readonly #bells: OutboxBells;
  readonly #closing = new Closing();

  private constructor(url: string, store: OutboxStore, options: OutboxLogOptions) {
    const { outboxRoot: _, contactMs, copyMs, replays, ...forServer } = options;
    const notify = options.onNotice ?? (() => undefined);
    const assertOpen = (operation: string) => this.#closing.assertOpen(operation);
    const places = new ProvisionalPlaces();
    this.url = maskUrl(url);
    this.#store = store;
    const open = () => openLog(url, { retryLimitMs: RETRY_MS, ...forServer, scrub: { mode: "off" } });
    const onChange = () => this.#bells.serverChanged();
    this.#link = new ServerLink({ open, store, notify, onChange, contactMs, copyMs, replays });
    this.#bells = new OutboxBells(() => this.#link.server);
    this.#side = new AnsweringSide(this.#link, store, this.url, notify);
    this.#reader = new OutboxReader(this.#side, places, assertOpen);
    this.#changes = new ServerChanges(this.#link, this.url);
    const onQueued = (events: readonly SealedEvent[], why: string) => notify(queuedNotice(this.url, events, why));
    this.#path = new AppendPath(this.#link, store, places, onQueued);
    const intake = { entropy: withoutSalt(options.entropy), scrubber: scrubberOf(forServer) };
    this.#appends = new AppendIntake(intake, async (group) => {
      const outcomes = await this.#path.append(group);
      this.#bells.ring();
      return outcomes;
    });
    this.sidecar = eitherSidecar(this.#link, store, assertOpen);
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
    return this.#side.staleness;
  }

  async append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    this.#closing.assertOpen("append");
    const result = await this.#appends.append(batch, options);
    if (!this.#path.isQueued(result.events)) return result;
    await this.#side.look().catch(() => undefined); // it waits already: what fails now is met by the next read
    return { ...result, queued: true };
  }

  async appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    this.#closing.assertOpen("appendSealed");
    return (await this.#changes.server()).appendSealed(events);
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    this.#closing.assertOpen("truncateAfter");
    return (await this.#changes.server()).truncateAfter(offset, expectedTail);
  }

  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    this.#closing.assertOpen("redact");
    return this.#changes.redact(request, options);
  }

  /** On the server. @throws as EventLog, and where the server is away */
  async archive(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    this.#closing.assertOpen("archive");
    await this.#changes.archive(entry, redacted);
  }

  async unarchive(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    this.#closing.assertOpen("unarchive");
    await this.#changes.unarchive(entry, events);
  }

  async assertArchivable(to: number): Promise<void> {
    this.#closing.assertOpen("archive");
    await this.#changes.assertArchivable(to);
  }

  async archives(): Promise<readonly ArchiveEntry[]> {
    this.#closing.assertOpen("archives");
    return this.#reader.archives();
  }

  readAll(range: OffsetRange = {}): Pages {
    return this.#reader.readAll(range);
  }

  readStream(stream: string, range: VersionRange = {}): Pages {
    return this.#reader.readStream(stream, range);
  }

  async readLast(stream: string, options: LastOptions = {}): Promise<SealedEvent | undefined> {
    this.#closing.assertOpen("readLast");
    return this.#reader.readLast(stream, options);
  }

  async tail(): Promise<Tail> {
    this.#closing.assertOpen("tail");
    return this.#reader.tail();
  }

  async offsetAt(time: Date): Promise<number> {
    this.#closing.assertOpen("offsetAt");
    return this.#reader.offsetAt(time);
  }

  onAppended(ring: () => void): () => void {
    this.#closing.assertOpen("onAppended");
    return this.#bells.add(ring);
  }

  /**
   * Replays what waits and copies all that the server has, now.
   *
   * @throws UnavailableError where the server is away; RefusedError OUTBOX_OTHER_HISTORY
   */
  async replay(options: SettleOptions = {}): Promise<Replayed> {
    this.#closing.assertOpen("replay");
    return this.#link.replay(options);
  }

  close(): Promise<void> {
    return this.#closing.once(() => this.#close());
  }

  async #close(): Promise<void> {
    await this.#appends.close();
    this.#bells.close();
    await this.#link.close();
    await this.#store.close();
  }
}

/** The salt is given where an event is sealed: by the server, or by the outbox's own log. */
function withoutSalt(entropy: Entropy = systemEntropy()): Entropy {
  return { newId: () => entropy.newId(), newSalt: () => "0".repeat(32) };
}
