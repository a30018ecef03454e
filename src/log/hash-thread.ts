import { Worker } from "node:worker_threads";
import { firstWrongIn, type HashBatch } from "./hash-batch.js";
import { hasRoomForThread } from "./room-for-thread.js";

/** One is worked on, one is at hand: more would only take memory. */
const MAX_WAITING = 2;
/** The thread makes little garbage; V8's own limits would let it lie about for tens of megabytes. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 };
/** Started from its text: no file has to be found then, neither beside a bundle nor beside TypeScript. */
const PROGRAM = `
  const { parentPort } = require("node:worker_threads");
  const firstWrongIn = ${firstWrongIn.toString()};
  parentPort.on("message", (batch) => parentPort.postMessage(firstWrongIn(batch)));
`;

/**
 * A second thread that recomputes hashes. It is an offer: where it is not there, or has failed, the caller's own thread does
 * the work, and the answer is the same. It keeps no process alive but for an answer that somebody waits for.
 */
export class HashThread {
  readonly #worker: Worker;
  /** In the order of the answers. */
  readonly #waiting: { readonly batch: HashBatch; readonly answer: (wrong: number) => void }[] = [];
  #hasFailed = false;
  #isClosed = false;

  private constructor() {
    // No --import or the like of this process: the program needs nothing, and starts sooner.
    this.#worker = new Worker(PROGRAM, { eval: true, execArgv: [], resourceLimits: LIMITS });
    this.#worker.on("message", (wrong: number) => this.#take(wrong));
    this.#worker.on("error", () => this.#fail());
    this.#worker.on("exit", () => this.#fail());
    this.#worker.unref();
  }

  /** @returns undefined where there is no room for a second thread, or none can be started */
  static start(): HashThread | undefined {
    if (!hasRoomForThread()) return undefined;
    try {
      return new HashThread();
    } catch {
      return undefined; // Node's permission model forbids it, say; nothing depends on it
    }
  }

  /** Whether one more batch would have to wait for long. */
  get isBusy(): boolean {
    return this.#hasFailed || this.#waiting.length >= MAX_WAITING;
  }

  /**
   * @param batch not to be touched before the answer
   * @returns the index of the first event whose hash is not what it should be; -1 where all are right
   */
  check(batch: HashBatch): Promise<number> {
    if (this.#hasFailed) return Promise.resolve(firstWrongIn(batch));
    this.#worker.postMessage(batch);
    this.#worker.ref();
    return new Promise((answer) => this.#waiting.push({ batch, answer }));
  }

  /** Nobody waits for an answer any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.length = 0;
    await this.#worker.terminate();
  }

  #take(wrong: number): void {
    // An answer that was on the way: the process lives for the end of the thread, where nothing else keeps it alive.
    if (this.#isClosed) return;
    const asked = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    // An accusation is looked into here: what a thread says that ran out of memory, say, counts for nothing.
    asked?.answer(wrong < 0 ? wrong : firstWrongIn(asked.batch));
  }

  #fail(): void {
    this.#hasFailed = true;
    for (const { batch, answer } of this.#waiting.splice(0)) answer(firstWrongIn(batch));
  }
}
