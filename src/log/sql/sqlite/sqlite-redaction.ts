import type Database from "better-sqlite3";
import type { SealedEvent } from "../../event.js";
import { assertErasable, erasedEvent, REDACTION_EPOCH } from "../../redaction.js";
import { withoutAppendGuardLocked } from "./append/append-guard.js";
import { EVENT_COLUMNS, eventOfRow } from "./event-rows.js";

/** Erases data inside the transaction of the caller, and all that lies beside the log and may hold it. */
export class SqliteRedaction {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** @throws RefusedError REDACTION_REFUSED */
  assertErasableLocked(offsets: readonly number[]): void {
    for (const offset of offsets) assertErasable(this.#eventLocked(offset));
  }

  /** @returns how many events had data */
  eraseLocked(offsets: readonly number[], epoch: string): number {
    let count = 0;
    withoutAppendGuardLocked(this.#db, () => {
      const update = this.#db.prepare(
        `UPDATE events SET data = NULL, salt = NULL, data_hash = ? WHERE "offset" = ? AND data IS NOT NULL`,
      );
      for (const offset of offsets) {
        const event = this.#eventLocked(offset);
        const erased = erasedEvent(event);
        if (erased !== event) count += update.run(erased.dataHash, offset).changes;
      }
    });
    this.#forgetCachesLocked(epoch);
    return count;
  }

  #eventLocked(offset: number): SealedEvent {
    return eventOfRow(this.#db.prepare(`SELECT ${EVENT_COLUMNS} FROM events WHERE "offset" = ?`).raw().get(offset));
  }

  /** Read models are made again, by whoever reads next, in whatever process. */
  #forgetCachesLocked(epoch: string): void {
    const models = this.#db.prepare("SELECT model, name, generation FROM read_models").all() as {
      readonly model: string;
      readonly name: string;
      readonly generation: number;
    }[];
    for (const { model, name, generation } of models) {
      const table = `model_${model}_g${generation}`;
      this.#db.exec(
        `DROP VIEW IF EXISTS "${name.replaceAll("-", "_")}"; DROP TABLE IF EXISTS "${table}"; DROP TABLE IF EXISTS "${table}_w"`,
      );
    }
    this.#db.exec("DELETE FROM read_models; DELETE FROM sidecar WHERE name >= 'snapshots/' AND name < 'snapshots0'");
    this.#db
      .prepare("INSERT INTO sidecar (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body")
      .run(REDACTION_EPOCH, epoch);
  }
}
