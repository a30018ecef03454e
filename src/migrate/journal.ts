import { IntegrityError, NotFoundError, UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { type JournalEntry, parseJournalEntry } from "./journal-entry.js";

const PREFIX = "migrations/";
/** Shorter beginnings of an id are refused: the first digits of a UUIDv7 are a time, and many share them. */
const MIN_ID_CHARS = 6;

export interface JournalList {
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  /** Names in the sidecar whose text is no entry: told, never dropped in silence. */
  readonly unreadable: readonly string[];
}

/**
 * The migrations into one log, in its sidecar and never in the log itself. Losing it loses no fact: what was copied is
 * proved by the hashes of both logs, a migration is repeated instead of resumed, and the log can still be cut back to an
 * offset; only which migration did what is forgotten.
 */
export class MigrationJournal {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  async write(entry: JournalEntry): Promise<void> {
    await this.#log.sidecar.write(`${PREFIX}${entry.id}`, JSON.stringify(entry));
  }

  async remove(id: string): Promise<void> {
    await this.#log.sidecar.remove(`${PREFIX}${id}`);
  }

  async list(): Promise<JournalList> {
    const entries: JournalEntry[] = [];
    const unreadable: string[] = [];
    for (const name of await this.#log.sidecar.list(PREFIX)) {
      const text = await this.#log.sidecar.read(name);
      if (text === null) continue; // removed since the names were listed
      try {
        entries.push(parseJournalEntry(text));
      } catch {
        unreadable.push(name);
      }
    }
    // Ids are times first, so their order is the order in which migrations began.
    return { entries: entries.sort((a, b) => (a.id < b.id ? -1 : 1)), unreadable };
  }

  /**
   * @param text an id, its first six characters or more where only one migration has them, or `last`
   * @throws NotFoundError MIGRATION_NOT_FOUND; UsageError MIGRATION_ID_AMBIGUOUS; IntegrityError MIGRATION_UNREADABLE the
   *   one that is meant, or a newer one than what would be the last
   */
  async find(text: string): Promise<JournalEntry> {
    const { entries, unreadable } = await this.list();
    const wanted = text.toLowerCase();
    const last = wanted === "last" ? lastStanding(entries) : undefined;
    const isMeant = (id: string) =>
      wanted === "last" ? id > (last?.id ?? "") : wanted.length >= MIN_ID_CHARS && id.startsWith(wanted);
    const hidden = unreadable.find((name) => isMeant(name.slice(PREFIX.length).toLowerCase()));
    if (hidden !== undefined) throw unreadableEntry(this.#log.url, hidden);
    if (last !== undefined) return last;
    const found = entries.filter(({ id }) => id === wanted || (wanted.length >= MIN_ID_CHARS && id.startsWith(wanted)));
    if (found.length > 1) {
      const ids = found.map(({ id }) => id).join(", ");
      throw new UsageError("MIGRATION_ID_AMBIGUOUS", `${text} may be any of ${ids}`, { hint: "write more of the id" });
    }
    if (found[0] !== undefined) return found[0];
    throw new NotFoundError("MIGRATION_NOT_FOUND", `${this.#log.url} knows no migration ${JSON.stringify(text)}`, {
      hint: "the target of a migration keeps its journal: sessiondb migrate list --to URL",
    });
  }
}

function unreadableEntry(url: string, name: string): IntegrityError {
  return new IntegrityError("MIGRATION_UNREADABLE", `${name} in the sidecar of ${url} cannot be read as a migration`, {
    hint: "it is damaged, or of a newer version of sessiondb: do it with that one, or name another migration by its id",
  });
}

/** What "last" means: one that was rolled back is as if it had not been. */
export function lastStanding(entries: readonly JournalEntry[]): JournalEntry | undefined {
  return entries.findLast(({ state }) => state !== "rolled-back");
}
