import type * as otel from "@opentelemetry/api";

const NAME = "sessiondb";
/** Where @opentelemetry/api 1.x keeps what was registered with it, in whichever copy of it. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");
const PREFIX = "sessiondb.";

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Loads @opentelemetry/api, but only where the program has registered something with it: else not even that is paid. */
export async function findTelemetry(): Promise<Telemetry | undefined> {
  if ((globalThis as Record<symbol, unknown>)[REGISTERED] === undefined) return undefined;
  // An SDK can be loaded from elsewhere, where this package does not see the optional one that it came with.
  const api = await import("@opentelemetry/api").catch(() => undefined);
  return api === undefined ? undefined : new Telemetry(api);
}

/** Runs `act` in a span where the program collects spans, and plainly where it does not. */
export async function traced<T>(name: string, attributes: Attributes, act: () => Promise<T>): Promise<T> {
  const telemetry = await findTelemetry();
  return telemetry === undefined ? act() : telemetry.span(name, attributes, act);
}

/** Spans and metrics of OpenTelemetry. No attribute ever holds data of an event. */
export class Telemetry {
  readonly #api: typeof otel;
  readonly #tracer: otel.Tracer;
  readonly #durations: otel.Histogram;
  readonly #sizes: otel.Histogram;
  readonly #lags: otel.Histogram;
  readonly #retries: otel.Counter;
  readonly #conflicts: otel.Counter;

  constructor(api: typeof otel) {
    this.#api = api;
    this.#tracer = api.trace.getTracer(NAME);
    const meter = api.metrics.getMeter(NAME);
    this.#durations = meter.createHistogram(`${PREFIX}append.duration`, { unit: "s", description: "until durable" });
    this.#sizes = meter.createHistogram(`${PREFIX}append.events`, { unit: "{event}", description: "of one append" });
    this.#lags = meter.createHistogram(`${PREFIX}read_model.lag`, {
      unit: "{event}",
      description: "events of the log that a read model lacks after a step towards the tail",
    });
    this.#retries = meter.createCounter(`${PREFIX}retries`, { description: "attempts after failures that may pass" });
    this.#conflicts = meter.createCounter(`${PREFIX}append.conflicts`, {
      description: "another version than expected",
    });
  }

  /** W3C trace context of the span that the caller is in; undefined outside of one. */
  traceparent(): string | undefined {
    const context = this.#api.trace.getActiveSpan()?.spanContext();
    if (context === undefined || !this.#api.isSpanContextValid(context)) return undefined;
    return `00-${context.traceId}-${context.spanId}-${context.traceFlags.toString(16).padStart(2, "0")}`;
  }

  span<T>(name: string, attributes: Attributes, act: (span: otel.Span) => Promise<T>): Promise<T> {
    return this.#tracer.startActiveSpan(name, { attributes, kind: this.#api.SpanKind.CLIENT }, async (span) => {
      try {
        return await act(span);
      } catch (error) {
        this.#failed(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
  }

  /** A span that is not the active one: for what is taken up again and again, such as the pages of a read. */
  begin(name: string, attributes: Attributes, startTime: Date): { end(attributes: Attributes, error?: unknown): void } {
    const span = this.#tracer.startSpan(name, { attributes, startTime, kind: this.#api.SpanKind.CLIENT });
    return {
      end: (known, error) => {
        span.setAttributes(known);
        if (error !== undefined) this.#failed(span, error);
        span.end();
      },
    };
  }

  appended(seconds: number, events: number, attributes: Attributes): void {
    this.#durations.record(seconds, attributes);
    this.#sizes.record(events, attributes);
  }

  lag(events: number, attributes: Attributes): void {
    this.#lags.record(events, attributes);
  }

  retried(attributes: Attributes): void {
    this.#retries.add(1, attributes);
  }

  conflicted(attributes: Attributes): void {
    this.#conflicts.add(1, attributes);
  }

  /** The code only: a message may quote what was to be written. */
  #failed(span: otel.Span, error: unknown): void {
    const { code, name } = error as { code?: unknown; name?: unknown };
    const type = String(code ?? name ?? "unknown");
    span.setAttribute("error.type", type);
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: type });
  }
}
