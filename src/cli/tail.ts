import { SessionDbError } from "../errors.js";
import { type EventFilter, eventSelector } from "../inspect/event-filter.js";
import { eventItem } from "../inspect/event-item.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { subscribe } from "../replay/subscribe.js";
import { Endings } from "./ending.js";
import { EXIT } from "./exit-code.js";
import { eventLine, jsonLine } from "./output/event-lines.js";
import { handOver } from "./output/hand-over.js";
import type { Streams } from "./output/streams.js";

export interface TailPlan {
  readonly filter: EventFilter;
  readonly ndjson: boolean;
  /** End when nothing was printed for so long; undefined: never. */
  readonly untilIdleMs: number | undefined;
  /** How long a store that went away is tried again. */
  readonly retryMs: number;
}

const POLL_MS = 1000;
/** Looks while nothing comes, so that an end of idleness is not noticed long after it. */
const LOOKS_WHILE_IDLE = 4;

/** One run of `events tail`: catches up, prints what comes, and says where to go on however it ends. */
export class Tail {
  readonly #log: EventLog;
  readonly #plan: TailPlan;
  readonly #streams: Streams;
  readonly #endings = new Endings();
  readonly #wanted: ReturnType<typeof eventSelector>;
  /** Everything up to there was printed, or not selected: `--from` this goes on behind it. */
  #last: number;
  /** When something was printed last, or when it began to wait. */
  #busyAt: number | undefined;
  #away = false;
  #hasWaited = false;

  constructor(log: EventLog, from: number, plan: TailPlan, streams: Streams) {
    this.#log = log;
    this.#last = from;
    this.#plan = plan;
    this.#streams = streams;
    this.#wanted = eventSelector(plan.filter);
  }

  /** @returns the exit code */
  async run(): Promise<number> {
    try {
      for await (const event of this.#events()) {
        if (!(await this.#printed(event))) break;
        this.#last = event.offset;
      }
    } catch (error) {
      if (!isCutBack(error)) this.#streams.say(this.#resume("stopped"));
      throw error;
    } finally {
      this.#endings.release();
    }
    const { exitCode, why } = this.#endings.ending ?? { exitCode: EXIT.failed, why: "stdout failed" };
    this.#streams.say(this.#resume(why));
    return exitCode;
  }

  #events(): AsyncGenerator<SealedEvent> {
    const { untilIdleMs = Number.POSITIVE_INFINITY, retryMs } = this.#plan;
    return subscribe(this.#log, {
      after: this.#last,
      signal: this.#endings.signal,
      pollMs: Math.min(POLL_MS, Math.max(1, Math.ceil(untilIdleMs / LOOKS_WHILE_IDLE))),
      retryMs,
      onCaughtUp: () => this.#waits(),
      onMoved: (movedTo) => this.#tellMoved(movedTo),
      onRetry: ({ code, message }) => {
        if (!this.#away) this.#streams.say(`${code}: ${message} · trying again`);
        this.#away = true;
      },
    });
  }

  /** @returns false where it was ended */
  async #printed(event: SealedEvent): Promise<boolean> {
    const { signal } = this.#endings;
    if (signal.aborted) return false;
    if (!this.#wanted(event)) return true;
    const item = eventItem(event);
    const text = this.#plan.ndjson ? jsonLine(item) : eventLine(item);
    const outcome = await handOver(text, this.#streams, signal);
    this.#busyAt = performance.now();
    if (outcome === "stuck") await this.#leave();
    return outcome === "taken";
  }

  #waits(): void {
    const { untilIdleMs } = this.#plan;
    if (this.#away) this.#streams.say(this.#resume("reached again"));
    else if (!this.#hasWaited) this.#streams.say(this.#resume("waiting, Ctrl-C ends"));
    [this.#away, this.#hasWaited] = [false, true];
    this.#busyAt ??= performance.now();
    if (untilIdleMs !== undefined && performance.now() - this.#busyAt >= untilIdleMs) {
      this.#endings.end({ exitCode: EXIT.done, why: `nothing came for ${untilIdleMs} ms` });
    }
  }

  /** Nothing comes to a log that a cut-over has frozen; the target has the same offsets. */
  #tellMoved(movedTo: string | null): void {
    if (movedTo === null) return;
    this.#streams.say(this.#resume(`the store has moved to ${movedTo}, and nothing more comes here`));
  }

  /** Half a line is in the pipe and nobody reads: the process would never end by itself. */
  async #leave(): Promise<never> {
    const { exitCode, why } = this.#endings.ending ?? { exitCode: EXIT.failed, why: "stuck" };
    this.#streams.say(this.#resume(`${why}, while nobody read`));
    await this.#log.close();
    process.exit(exitCode);
  }

  #resume(what: string): string {
    return `${what} · at ${this.#last} · resume with --from ${this.#last}`;
  }
}

/** Then there is nothing to resume: what was printed may not be so. */
function isCutBack(error: unknown): boolean {
  return error instanceof SessionDbError && error.code === "LOG_CUT_BACK";
}
