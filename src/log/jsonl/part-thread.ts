import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { CheckedPart, PartChecker } from "../checked-part.js";
import { hasRoomForThread } from "../room-for-thread.js";
import type { Shares, SharesMessage } from "../shares.js";

const PROGRAM = new URL("./check-thread.js", import.meta.url);
/** Reading makes garbage at full speed: a small young generation costs a quarter of the time (measured). */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 48 };

export interface PartThreadData {
  readonly path: string;
  readonly shares: SharesMessage;
}

/** A second thread that reads and checks the file from its end back, as any other reader would. */
export class PartThread implements PartChecker {
  readonly #worker: Worker;
  readonly #part: Promise<CheckedPart | undefined>;

  private constructor(data: PartThreadData) {
    // No --import or the like of this process: the program needs nothing, and starts sooner.
    this.#worker = new Worker(PROGRAM, { workerData: data, execArgv: [], resourceLimits: LIMITS });
    this.#part = new Promise((resolve) => {
      this.#worker.once("message", resolve);
      this.#worker.once("error", () => resolve(undefined)); // out of memory, say: nothing depends on it
      this.#worker.once("exit", () => resolve(undefined));
    });
    this.#worker.unref();
  }

  /** @returns undefined where there is no room for a second thread, or none can be started, or its program is not beside this one */
  static start(path: string, shares: Shares): PartThread | undefined {
    if (!hasRoomForThread() || !existsSync(fileURLToPath(PROGRAM))) return undefined;
    try {
      return new PartThread({ path, shares: shares.message });
    } catch {
      return undefined; // Node's permission model forbids it, say
    }
  }

  part(): Promise<CheckedPart | undefined> {
    this.#worker.ref();
    return this.#part;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
