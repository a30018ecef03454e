import { ConflictError, type SessionDbError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { PreparedEvent } from "../log/prepare.js";
import { placesNamed, provisional } from "./named-places.js";

type Reads = Pick<EventLog, "readAll" | "readStream">;

/**
 * The provisional offsets and versions that this process was given, by a read or by an append that waits. On the server other
 * events may get them, where something conflicts or others have written. So whoever decided on them (expects such a version,
 * names such an offset) is refused unless the same events stand there: a number that fits by chance must not pass.
 */
export class ProvisionalPlaces {
  /** Event id by version, by stream. */
  readonly #versions = new Map<string, Map<number, string>>();
  /** Event id by offset. */
  readonly #offsets = new Map<number, string>();

  note(events: Iterable<SealedEvent>): void {
    for (const { stream, version, offset, id } of events) {
      const versions = this.#versions.get(stream) ?? new Map<number, string>();
      this.#versions.set(stream, versions.set(version, id));
      this.#offsets.set(offset, id);
    }
  }

  /** What is read again, whoever numbered it, takes the place of what was seen there before. */
  see(events: Iterable<SealedEvent>): void {
    if (this.#offsets.size === 0) return;
    for (const { stream, version, offset, id } of events) {
      const versions = this.#versions.get(stream);
      if (versions?.has(version) === true) versions.set(version, id);
      if (this.#offsets.has(offset)) this.#offsets.set(offset, id);
    }
  }

  /**
   * Whoever was refused knows that he has to read again: what he had seen counts no more.
   *
   * @param log what the append is to be written behind: the server's log, or the view as it is now
   */
  async refusal(append: readonly PreparedEvent[], log: Reads): Promise<SessionDbError | undefined> {
    if (this.#offsets.size === 0) return undefined;
    for (const { stream, expectedVersion } of append) {
      const moved = typeof expectedVersion === "number" && (await this.#hasMoved(stream, expectedVersion, log));
      if (!moved) continue;
      this.#versions.delete(stream);
      return new ConflictError(stream, expectedVersion, await versionOf(stream, log));
    }
    for (const offset of append.flatMap(placesNamed)) {
      const id = this.#offsets.get(offset);
      if (id === undefined || (await idAt(offset, log)) === id) continue;
      this.#offsets.delete(offset);
      return provisional(offset);
    }
    return undefined;
  }

  /** Whether, up to a version, the stream holds another event than the one that was seen there. */
  async #hasMoved(stream: string, version: number, log: Reads): Promise<boolean> {
    const seen = [...(this.#versions.get(stream) ?? [])].filter(([at]) => at <= version);
    if (seen.length === 0) return false;
    const from = Math.min(...seen.map(([at]) => at));
    const there = new Map<number, string>();
    for await (const event of eventsOf(log.readStream(stream, { from, to: version })))
      there.set(event.version, event.id);
    return seen.some(([at, id]) => there.get(at) !== id);
  }
}

async function versionOf(stream: string, log: Reads): Promise<number> {
  let version = 0;
  for await (const event of eventsOf(log.readStream(stream))) version = event.version;
  return version;
}

async function idAt(offset: number, log: Reads): Promise<string | undefined> {
  for await (const { id } of eventsOf(log.readAll({ from: offset, to: offset }))) return id;
  return undefined;
}
