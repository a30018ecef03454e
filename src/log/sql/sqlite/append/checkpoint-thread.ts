import { Worker } from "node:worker_threads";
import { hasRoomForThread } from "../../../room-for-thread.js";

/** The thread keeps nothing. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 };
/**
 * Writes back what is there, then what came meanwhile, until nothing has: only then does SQLite wait until the database itself
 * has reached the disk, which is most of the time (see walCheckpoint in its wal.c). Six times end beside a busy writer.
 * Started from its text: no file has to be found then, neither beside a bundle nor beside TypeScript.
 */
const PROGRAM = `
  const { parentPort, workerData } = require("node:worker_threads");
  const Database = require("node:module").createRequire(workerData.here)("better-sqlite3");
  const db = new Database(workerData.file, { fileMustExist: true });
  db.pragma("synchronous = FULL");
  db.pragma("fullfsync = ON");
  const checkpoint = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  parentPort.on("message", () => {
    for (let passes = 0, pages = -1, before; passes < 6 && pages !== before; passes++) {
      before = pages;
      pages = checkpoint.get().log;
    }
    parentPort.postMessage("written back");
  });
  parentPort.postMessage("open");
`;

export interface CheckpointThreadEvents {
  /** It can be asked from now on. */
  opened(): void;
  /** What it was asked for is done, but for what was appended at last. */
  wroteBack(): void;
  /** It has failed, and does nothing any more. Not called when it is closed. */
  failed(): void;
}

/**
 * A second thread with a connection of its own that writes the -wal file of a database back into it, which takes nobody's
 * lock. The copy of SQLite must be the one of this thread, because two in one process would not know each other's locks: so
 * the driver is looked for from here, where it is imported.
 */
export class CheckpointThread {
  readonly #worker: Worker;
  #isClosed = false;

  private constructor(file: string, events: CheckpointThreadEvents) {
    // No --import or the like of this process: the program needs nothing of it, and starts sooner.
    const workerData = { file, here: import.meta.url };
    this.#worker = new Worker(PROGRAM, { eval: true, execArgv: [], workerData, resourceLimits: LIMITS });
    this.#worker.on("message", (what: string) => {
      if (this.#isClosed) return;
      if (what === "open") events.opened();
      else events.wroteBack();
    });
    const fail = () => {
      if (!this.#isClosed) events.failed();
      this.#isClosed = true;
    };
    this.#worker.on("error", fail);
    this.#worker.on("exit", fail);
    this.#worker.unref();
  }

  /** @returns undefined where there is no room for a second thread, or none can be started */
  static start(file: string, events: CheckpointThreadEvents): CheckpointThread | undefined {
    if (!hasRoomForThread()) return undefined;
    try {
      return new CheckpointThread(file, events);
    } catch {
      return undefined; // Node's permission model forbids it, say; nothing depends on it
    }
  }

  /** Answered by `wroteBack`, or by `failed`. */
  writeBack(): void {
    this.#worker.postMessage("write back");
  }

  /** Returns when its connection is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker.terminate();
  }
}
