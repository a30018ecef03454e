import { AppendOutcomeUnknownError, ConflictError } from "../errors.js";
import type { EventMeta } from "./event.js";
import type { AppendResult } from "./event-log.js";
import type { LogFacts, Logger } from "./logger.js";
import type { StreamAppend } from "./prepare.js";
import type { Attributes, Telemetry } from "./telemetry.js";

/** Ids of appends of which nobody knows whether they were written. */
const MAX_UNKNOWN = 10_000;
const SESSION = "session-";

/** Tells a logger and OpenTelemetry, as far as they are there, what one log does. */
export class Observer {
  readonly attributes: Attributes;
  readonly #logger: Logger | undefined;
  readonly #telemetry: Telemetry | undefined;
  /** A repeated append must be the same, also in the span that it was first called in. */
  readonly #unknown = new Map<string, string>();
  #lastOffset = 0;

  /** @param url without a password: it is told to the logger; of telemetry only its scheme */
  constructor(url: string, logger: Logger | undefined, telemetry: Telemetry | undefined) {
    this.#logger = logger === undefined ? undefined : harmless(logger);
    this.#telemetry = telemetry;
    this.attributes = { "db.system.name": systemOf(url) };
  }

  async append(
    batch: StreamAppend | readonly StreamAppend[],
    actor: string,
    act: (batch: readonly StreamAppend[]) => Promise<AppendResult>,
  ): Promise<AppendResult> {
    const given = (Array.isArray(batch) ? batch : [batch]) as readonly StreamAppend[];
    if (this.#telemetry === undefined) return this.#told(given, () => act(given));
    const traceparent = this.#telemetry.traceparent();
    const marked = given.map((one) => this.#marked(one, traceparent));
    return this.#told(given, () => this.#measured(marked, actor, act, traceparent));
  }

  /** What pages of a read give, in one span from the first page to the end; a read that gives nothing has none. */
  async *pages<Page extends readonly { readonly offset: number }[]>(
    pages: AsyncGenerator<Page, void, undefined>,
  ): AsyncGenerator<Page, void, undefined> {
    const telemetry = this.#telemetry;
    const said = { ...this.attributes, "db.operation.name": "read" };
    const began = new Date();
    let span: ReturnType<Telemetry["begin"]> | undefined;
    let events = 0;
    let failure: unknown;
    try {
      for await (const page of pages) {
        span ??= telemetry?.begin("minsky.replay", said, began);
        events += page.length;
        this.saw(page.at(-1)?.offset ?? 0);
        yield page;
      }
    } catch (error) {
      failure = error;
      span ??= telemetry?.begin("minsky.replay", said, began);
      throw error;
    } finally {
      span?.end({ "sessiondb.events": events }, failure);
    }
  }

  operation<T>(name: string, act: () => Promise<T>): Promise<T> {
    return this.#asked(name, {}, act);
  }

  /** The log reaches at least so far. */
  saw(offset: number): void {
    this.#lastOffset = Math.max(this.#lastOffset, offset);
  }

  modelAt(name: string, offset: number): void {
    this.#telemetry?.lag(Math.max(0, this.#lastOffset - offset), { ...this.attributes, "sessiondb.projection": name });
  }

  retried(error: unknown): void {
    this.#telemetry?.retried(this.attributes);
    this.#logger?.warn("a failure that may pass is tried again", { code: codeOf(error) });
  }

  noticed({ code, message }: { code: string; message: string }): void {
    this.#logger?.warn(message, { code });
  }

  info(message: string, facts: LogFacts): void {
    this.#logger?.info(message, facts);
  }

  async #measured(
    batch: readonly StreamAppend[],
    actor: string,
    act: (batch: readonly StreamAppend[]) => Promise<AppendResult>,
    traceparent: string | undefined,
  ): Promise<AppendResult> {
    const telemetry = this.#telemetry as Telemetry;
    const events = eventsIn(batch);
    const began = performance.now();
    const who = { ...sessionOf(batch), ...agentOf(actor) };
    const said = { ...this.attributes, ...who, "db.operation.name": "append", "sessiondb.events": events };
    return telemetry.span("minsky.append", said, async (span) => {
      try {
        const result = await act(batch);
        telemetry.appended((performance.now() - began) / 1000, events, this.attributes);
        span.setAttributes({ "sessiondb.offset": result.lastOffset, "sessiondb.repeated": result.repeated });
        this.saw(result.lastOffset);
        return result;
      } catch (error) {
        if (error instanceof ConflictError) telemetry.conflicted(this.attributes);
        if (error instanceof AppendOutcomeUnknownError && traceparent !== undefined) this.#remember(error, traceparent);
        throw error;
      }
    });
  }

  /** Events with an id of the caller's own stay as they are: another append of them may have been in another span. */
  #marked(one: StreamAppend, traceparent: string | undefined): StreamAppend {
    if (traceparent === undefined && this.#unknown.size === 0) return one;
    const events = one.events.map((event) => {
      const mark = event.id === undefined ? traceparent : this.#unknown.get(event.id);
      if (mark === undefined || !takesMark(event.meta)) return event;
      return { ...event, meta: { ...event.meta, traceparent: mark } };
    });
    return { ...one, events };
  }

  #remember({ eventIds }: AppendOutcomeUnknownError, traceparent: string): void {
    for (const id of eventIds) this.#unknown.set(id, traceparent);
    for (const id of this.#unknown.keys()) {
      if (this.#unknown.size <= MAX_UNKNOWN) return;
      this.#unknown.delete(id);
    }
  }

  #told(batch: readonly StreamAppend[], act: () => Promise<AppendResult>): Promise<AppendResult> {
    return this.#asked("append", { events: eventsIn(batch) }, act);
  }

  async #asked<T>(operation: string, facts: LogFacts, act: () => Promise<T>): Promise<T> {
    if (this.#logger === undefined) return act();
    const began = performance.now();
    const ms = () => Math.round((performance.now() - began) * 1000) / 1000;
    try {
      const result = await act();
      this.#logger.debug(`${operation} done`, { ...facts, ms: ms() });
      return result;
    } catch (error) {
      this.#logger.error(`${operation} failed`, { ...facts, ms: ms(), code: codeOf(error) });
      throw error;
    }
  }
}

/** What is no plain object is for the log to refuse: a copy of it with one key more would pass. */
function takesMark(meta: EventMeta | undefined): boolean {
  if (meta === undefined) return true;
  if (meta === null || typeof meta !== "object" || meta.traceparent !== undefined) return false;
  const prototype = Object.getPrototypeOf(meta);
  return prototype === Object.prototype || prototype === null;
}

function eventsIn(batch: readonly StreamAppend[]): number {
  return batch.reduce((sum, { events }) => sum + events.length, 0);
}

/** What it is told of has happened already: an append that is durable must not look as if it had failed. */
function harmless(logger: Logger): Logger {
  const told = (level: keyof Logger) => (message: string, facts?: LogFacts) => {
    try {
      logger[level](message, facts);
    } catch {
      // There is nobody to tell: the caller of the log has no part in it.
    }
  };
  return { debug: told("debug"), info: told("info"), warn: told("warn"), error: told("error") };
}

/** Where all of it is about one session. */
function sessionOf(batch: readonly StreamAppend[]): Attributes {
  const stream = batch[0]?.stream ?? "";
  const isOne = stream.startsWith(SESSION) && batch.every((one) => one.stream === stream);
  return isOne ? { "session.id": stream.slice(SESSION.length) } : {};
}

function agentOf(actor: unknown): Attributes {
  const [, agent] = /^agent:(.+)$/.exec(String(actor)) ?? [];
  return agent === undefined ? {} : { "gen_ai.agent.name": agent };
}

function systemOf(url: string): string {
  const scheme = url.slice(0, url.indexOf(":"));
  return scheme.startsWith("postgres") ? "postgresql" : scheme;
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name ?? "unknown");
}
