import type Database from "better-sqlite3";
import type { SealedEvent } from "../../../event.js";
import { CheckpointThread } from "./checkpoint-thread.js";

/** What a row takes beside its texts, with what it takes in indexes. */
const ROW_BYTES = 280;
/** New bytes for each page of the database that an append of many changes (measured): some are split, and half full. */
const BYTES_A_PAGE = 2_200;
/** Some 3,000 pages of the -wal file, where appends of a hundred write each page almost twice: the seldomer, the less they wait for it. */
const PAGES_A_ROUND = 1_800;
/** Who writes less has no use for a thread: an import of 10,000 sessions, say. */
const PAGES_BEFORE_THREAD = 2_400;

/** Pages of the -wal file after which a commit writes it back itself: SQLite's own default. */
const WAL_PAGES_ALONE = 1_000;
/** The same beside a thread: whoever is faster than it must wait. */
const WAL_PAGES_BESIDE_THREAD = 4_000;

/**
 * Writes the -wal file back into the database beside the appends. Within one of them, as SQLite does it, it takes five times
 * as long as the append itself, and nothing else happens meanwhile: 8 % of the time of appends of 100 (measured). Nothing
 * depends on it: where there is no thread, it has failed, or falls behind, SQLite does what it always does. It is left
 * to do so for appends of one event, too: they write the same pages again and again, of which little is left to write back,
 * and another thread that waits for the disk costs them more than that (2 to 3 %).
 *
 * The last pages are written back here: beside somebody who appends the thread never comes quite to the end, and only from
 * there SQLite begins the file anew.
 */
export class BackgroundCheckpoints {
  readonly #db: Database.Database;
  #thread: CheckpointThread | undefined;
  #state: "not started" | "starting" | "ready" | "busy" | "none" = "not started";
  /** Changed since the thread was last asked, or ever, where there is none. An estimate: SQLite does not tell. */
  #pages = 0;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** They were committed. */
  wrote(events: readonly SealedEvent[]): void {
    let bytes = events.length * ROW_BYTES;
    for (const { dataText, metaText } of events) bytes += (dataText?.length ?? 0) + metaText.length;
    this.#pages += bytes / BYTES_A_PAGE;
    if (this.#state === "not started" && this.#pages >= PAGES_BEFORE_THREAD) this.#start();
    if (this.#state === "ready" && this.#pages >= PAGES_A_ROUND) this.#ask();
  }

  /** The log does not write any more. */
  async close(): Promise<void> {
    this.#state = "none";
    await this.#thread?.close();
  }

  #start(): void {
    this.#state = "starting";
    this.#thread = CheckpointThread.start(this.#db.name, {
      opened: () => this.#setReady(),
      wroteBack: () => this.#finish(),
      failed: () => this.#goOnAlone(),
    });
    if (this.#thread === undefined) this.#state = "none";
  }

  #setReady(): void {
    this.#db.pragma(`wal_autocheckpoint = ${WAL_PAGES_BESIDE_THREAD}`);
    this.#state = "ready";
  }

  #ask(): void {
    this.#pages = 0;
    this.#state = "busy";
    this.#thread?.writeBack();
  }

  #finish(): void {
    this.#state = "ready";
    try {
      this.#db.pragma("wal_checkpoint(PASSIVE)");
    } catch {
      // All is in the -wal file. What is wrong with the database, the next act on it says.
    }
  }

  #goOnAlone(): void {
    this.#state = "none";
    this.#db.pragma(`wal_autocheckpoint = ${WAL_PAGES_ALONE}`);
  }
}
