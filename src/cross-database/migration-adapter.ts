import type { SealedEvent } from "../log/event.js";
import type { EventLog, OffsetRange } from "../log/event-log.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import type { Tail } from "../log/seal.js";
import { copyBatches } from "../migrate/copy-batches.js";
import type { EventFileFacts } from "../migrate/event-file.js";
import { saveEvents } from "../migrate/save-events.js";
import { openLog } from "../open-log.js";
import { type VerifyReport, verifyLog } from "../replay/verify-log.js";
import { type StoreName, storePlace } from "./store-address.js";

/**
 * One store as a migration sees it: events out, events in, a check, a backup. The same for every backend, because all
 * hold the same events; for a whole migration take CrossDatabaseMigrator, which plans, verifies and keeps a journal.
 *
 * Each call opens the log and closes it again; what it throws is what opening, reading and writing throw.
 */
export class MigrationAdapter {
  readonly #store: StoreName;
  readonly #options: OpenLogOptions;

  constructor(store: StoreName, options: OpenLogOptions = {}) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * The events in order of their offsets, as pages that are never empty. Bounds are inclusive; both default to the ends
   * that the log has when this begins. The log is open until the iteration has ended.
   *
   * @throws NotFoundError LOG_NOT_FOUND
   */
  async *exportData(range: OffsetRange = {}): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    const log = await this.#open({ readOnly: true });
    try {
      yield* log.readAll(range);
    } finally {
      await log.close();
    }
  }

  /**
   * Appends events that continue what the log has, as they are, in batches of whole appends: each is durable before the
   * next begins. A log that is not there is made.
   *
   * @returns the new tail
   * @throws ChainBreakError they do not continue the chain: the batches before stay, nothing of that one is written
   * @throws UnavailableError TARGET_CHANGED somebody else has written meanwhile; IntegrityError APPEND_TORN
   */
  async importData(pages: AsyncIterable<readonly SealedEvent[]>): Promise<Tail> {
    return this.#with({}, async (log) => copyBatches(pages, log, await log.tail()));
  }

  /** Recomputes the whole chain. A damaged event is an answer (`fault`), not an exception. */
  async validateIntegrity(): Promise<VerifyReport> {
    return this.#with({ readOnly: true }, verifyLog);
  }

  /**
   * Saves all events up to now in one file of JSONL, read back and compared with the log before it has its name. Writers
   * may go on meanwhile. The file is a log itself (`jsonl:FILE`).
   *
   * @throws RefusedError OUTPUT_EXISTS; StorageError OUTPUT_UNWRITABLE
   */
  async createBackup(file: string): Promise<EventFileFacts> {
    return this.#with({ readOnly: true }, async (log) =>
      saveEvents(log, { from: 1, to: (await log.tail()).offset }, file),
    );
  }

  async #with<T>(options: OpenLogOptions, act: (log: EventLog) => Promise<T>): Promise<T> {
    const log = await this.#open(options);
    try {
      return await act(log);
    } finally {
      await log.close();
    }
  }

  #open(options: OpenLogOptions): Promise<EventLog> {
    const { url, options: own } = storePlace(this.#store);
    return openLog(url, { ...own, ...this.#options, ...options });
  }
}
