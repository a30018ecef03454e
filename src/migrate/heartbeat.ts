import type { MigrationJournal } from "./journal.js";
import type { JournalEntry } from "./journal-entry.js";

const EVERY_MS = 5_000;

/** Says in the journal, from time to time, that the migration is still at work. */
export class Heartbeat {
  /** What is written with the next beat. */
  entry: JournalEntry;
  readonly #journal: MigrationJournal;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();

  constructor(journal: MigrationJournal, entry: JournalEntry) {
    this.#journal = journal;
    this.entry = entry;
    this.#timer = setInterval(() => this.#beat(), EVERY_MS).unref();
  }

  /** Nothing is written by it after this. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }

  #beat(): void {
    const entry = { ...this.entry, heartbeatAt: new Date().toISOString() };
    // A target that cannot be written to fails the copying itself, and that error is the one to tell.
    this.#writing = this.#writing.then(() => this.#journal.write(entry)).catch(() => undefined);
  }
}
