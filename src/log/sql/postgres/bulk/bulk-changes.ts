import type { SealedEvent } from "../../../event.js";
import type { RedactResult } from "../../../event-log.js";
import type { PreparedRedaction } from "../../../prepare-redaction.js";
import type { RawPieces } from "../../../raw-rows.js";
import type { Tail } from "../../../seal.js";
import type { PgSession } from "../connection/pg-session.js";
import type { PostgresLimits } from "../postgres-options.js";
import type { PostgresRedaction } from "../postgres-redaction.js";
import type { LogServers } from "../servers/log-servers.js";
import type { PostgresBulk } from "./postgres-bulk.js";
import type { PostgresRawRows } from "./postgres-raw-rows.js";
import { RawLoad } from "./raw-load.js";
import type { SealedLoad } from "./sealed-load.js";

interface ChangeParts {
  readonly servers: LogServers;
  readonly bulk: PostgresBulk;
  readonly rawRows: PostgresRawRows;
  readonly redaction: PostgresRedaction;
  readonly limits: PostgresLimits;
  readonly now: () => Date;
  /** Called after each change. */
  readonly ring: () => void;
}

/** The changes that are no appends of new events: each is tried again while it may succeed, and known to this process then. */
export class BulkChanges {
  readonly #parts: ChangeParts;

  constructor(parts: ChangeParts) {
    this.#parts = parts;
  }

  async appendSealed(load: SealedLoad): Promise<Tail> {
    const { servers, bulk } = this.#parts;
    const tail = await this.#change("appendSealed", (session, uncertain) =>
      bulk.appendSealed(session, load, uncertain),
    );
    servers.history.saw(tail);
    if (load.named.length > 0) await this.#vacuum();
    return tail;
  }

  async appendRaw(pieces: RawPieces): Promise<Tail> {
    const { servers, rawRows } = this.#parts;
    const load = new RawLoad(pieces);
    const tail = await this.#change("appendRaw", (session, uncertain) => rawRows.append(session, load, uncertain));
    servers.history.saw(tail);
    return tail;
  }

  async redact(prepared: PreparedRedaction): Promise<RedactResult> {
    const { servers, bulk, redaction, now } = this.#parts;
    const result = await this.#change("redact", (session, uncertain) => bulk.redact(session, prepared, now, uncertain));
    servers.history.saw(result.events.at(-1) as SealedEvent);
    return { ...result, remains: [...(await this.#vacuum()), ...redaction.remains()] };
  }

  async truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    const { servers, bulk } = this.#parts;
    const tail = await this.#change("truncateAfter", (session, uncertain) =>
      bulk.truncateAfter(session, offset, expectedTail, uncertain),
    );
    servers.history.cut(tail);
    return tail;
  }

  /** What was erased is gone from the log already; that dead rows could not be removed is told, and no failure. */
  async #vacuum(): Promise<string[]> {
    const { servers, redaction, limits } = this.#parts;
    try {
      await servers.acts.read("redact", (session) => redaction.vacuum(session, limits.bulkTimeoutMs));
      return [];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return [`dead rows, because VACUUM could not be run (${why}); the server's own autovacuum removes them later`];
    }
  }

  async #change<T>(operation: string, act: (session: PgSession, uncertain: boolean) => Promise<T>): Promise<T> {
    const result = await this.#parts.servers.acts.change(operation, act);
    this.#parts.ring();
    return result;
  }
}
