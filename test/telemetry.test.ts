import { AsyncLocalStorage } from "node:async_hooks";
import { join } from "node:path";
import { type Attributes, type Context, context, metrics, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { CrossDatabaseMigrator } from "../src/cross-database/cross-database-migrator.js";
import { searchSessions } from "../src/inspect/search-sessions.js";
import type { EventLog } from "../src/log/event-log.js";
import type { LogFacts } from "../src/log/logger.js";
import type { OpenLogOptions } from "../src/log/open-log-options.js";
import { openLog } from "../src/open-log.js";
import { freshPostgresUrl } from "./support/postgres.js";
import { TcpProxy } from "./support/tcp-proxy.js";
import { tempDir } from "./support/temp.js";

const SECRET = "hunter2-in-the-data";
const exporter = new InMemorySpanExporter();
const tracer = trace.getTracer("test");
let recorded: Array<{ name: string; value: number; attributes: Attributes | undefined }> = [];

/** What an SDK brings along: the active span follows promises. */
function registerTelemetry(): void {
  const active = new AsyncLocalStorage<Context>();
  const manager = {
    active: () => active.getStore() ?? ROOT_CONTEXT,
    with: <A extends unknown[], F extends (...args: A) => ReturnType<F>>(
      to: Context,
      act: F,
      self?: ThisParameterType<F>,
      ...args: A
    ) => active.run(to, () => act.apply(self as never, args)),
    bind: <T>(_to: Context, target: T) => target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager as never);
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const instrument = (name: string) => {
    const record = (value: number, attributes?: Attributes) => recorded.push({ name, value, attributes });
    return { record, add: record };
  };
  metrics.setGlobalMeterProvider({
    getMeter: () => ({ createHistogram: instrument, createCounter: instrument }),
  } as never);
}

function unregisterTelemetry(): void {
  trace.disable();
  metrics.disable();
  context.disable();
}

beforeEach(() => {
  exporter.reset();
  recorded = [];
  registerTelemetry();
});
afterEach(unregisterTelemetry);

async function opened(url: string, options: OpenLogOptions = {}): Promise<EventLog> {
  const log = await openLog(url, options);
  onTestFinished(() => log.close());
  return log;
}

function eventIn(stream: string, id?: string) {
  const event = { type: "noted", data: { secret: SECRET } };
  return { stream, events: [id === undefined ? event : { ...event, id }] };
}

/** Every span, metric and attribute as one text. */
function everythingTold(): string {
  const spans = exporter
    .getFinishedSpans()
    .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
  return JSON.stringify([spans, recorded]);
}

describe.each(["memory", "jsonl", "sqlite", "postgres"])("a %s log that is traced", (backend) => {
  async function url(): Promise<string> {
    if (backend === "postgres") return freshPostgresUrl();
    return backend === "memory" ? "memory:" : `${backend}:${join(tempDir(), "s")}`;
  }

  test("has a span and metrics of each append and read, and none with data in it", async () => {
    const log = await opened(await url());
    await log.append(eventIn("session-a"), { actor: "agent:claude" });
    for await (const page of log.readAll()) expect(page).toHaveLength(1);
    for await (const _page of log.readAll({ from: 9 })) expect.unreachable();
    const [append, read, ...others] = exporter.getFinishedSpans();
    expect(others).toEqual([]);
    const system = backend === "postgres" ? "postgresql" : backend;
    expect([append?.name, append?.attributes]).toEqual([
      "minsky.append",
      {
        "db.system.name": system,
        "db.operation.name": "append",
        "session.id": "a",
        "gen_ai.agent.name": "claude",
        "sessiondb.events": 1,
        "sessiondb.offset": 1,
        "sessiondb.repeated": false,
      },
    ]);
    expect([read?.name, read?.attributes["sessiondb.events"]]).toEqual(["minsky.replay", 1]);
    expect(recorded.map(({ name }) => name)).toEqual(["sessiondb.append.duration", "sessiondb.append.events"]);
    expect(everythingTold()).not.toContain(SECRET);
  });

  test("stores the traceparent of the span that an append is in, and only there", async () => {
    const log = await opened(await url());
    const parent = await tracer.startActiveSpan("work", async (span) => {
      await log.append(eventIn("session-a"), { actor: "ada" });
      await log.append(eventIn("session-a", "018f0000-0000-7000-8000-000000000001"), { actor: "ada" });
      const own = { type: "noted", data: {}, meta: { traceparent: "mine" } };
      await log.append({ stream: "session-a", events: [own] }, { actor: "ada" });
      span.end();
      return span.spanContext();
    });
    await log.append(eventIn("session-a"), { actor: "ada" });
    const found: unknown[] = [];
    for await (const page of log.readAll()) for (const { meta } of page) found.push(meta.traceparent);
    expect(found).toEqual([`00-${parent.traceId}-${parent.spanId}-01`, undefined, "mine", undefined]);
    const appends = exporter.getFinishedSpans().filter(({ name }) => name === "minsky.append");
    expect(appends.slice(0, 3).map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
      Array(3).fill(parent.spanId),
    );
  });

  test("counts conflicts, and a span that failed bears the code and no message", async () => {
    const log = await opened(await url());
    const late = { ...eventIn("session-a"), expectedVersion: 7 };
    await expect(log.append(late, { actor: "ada" })).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ status: { code: 2, message: "VERSION_CONFLICT" }, events: [] });
    expect(recorded).toMatchObject([{ name: "sessiondb.append.conflicts", value: 1 }]);
    const odd = { stream: "session-a", events: [{ type: "noted", data: { [SECRET]: Number.NaN } }] };
    await expect(log.append(odd, { actor: "ada" })).rejects.toMatchObject({ code: "DATA_NOT_JSON" });
    expect(everythingTold()).not.toContain(SECRET);
  });
});

test.each([["text"], [7], [[]], [new Date()], [null]])(
  "meta that is refused stays refused inside a span: %s",
  async (meta) => {
    const log = await opened("memory:");
    const odd = { stream: "session-a", events: [{ type: "noted", data: {}, meta: meta as never }] };
    const plain = await openPlainly(odd);
    await tracer.startActiveSpan("work", async (span) => {
      await expect(log.append(odd, { actor: "ada" })).rejects.toMatchObject({ code: plain });
      span.end();
    });
    expect((await log.tail()).offset).toBe(0);
  },
);

/** What a log says of it that nobody observes. */
async function openPlainly(batch: Parameters<EventLog["append"]>[0]): Promise<unknown> {
  const { MemoryLog } = await import("../src/log/memory/memory-log.js");
  return new MemoryLog().append(batch, { actor: "ada" }).then(
    () => "appended",
    ({ code }) => code,
  );
}

test("the lag of read models is measured as they catch up", async () => {
  const log = await opened(`sqlite:${join(tempDir(), "s.db")}`);
  await log.append(
    { stream: "session-a", events: [{ type: "session.created", data: { session: "a" } }] },
    { actor: "ada" },
  );
  await searchSessions(log, "word");
  const lags = recorded.filter(({ name }) => name === "sessiondb.read_model.lag");
  expect(lags.at(-1)).toMatchObject({ value: 0, attributes: { "sessiondb.projection": expect.any(String) } });
});

test("a migration is one span around its reads", async () => {
  const [from, to] = [`jsonl:${join(tempDir(), "a.jsonl")}`, `sqlite:${join(tempDir(), "b.db")}`];
  const log = await opened(from);
  await log.append(eventIn("session-a"), { actor: "ada" });
  const migrator = new CrossDatabaseMigrator({ saveFolder: tempDir() });
  await migrator.executeMigration(await migrator.planMigration(from, to));
  const spans = exporter.getFinishedSpans();
  const migrate = spans.find(({ name }) => name === "minsky.migrate");
  expect(migrate?.attributes).toMatchObject({ "sessiondb.from": from, "sessiondb.to": to });
  expect(spans.some(({ parentSpanContext }) => parentSpanContext?.spanId === migrate?.spanContext().spanId)).toBe(true);
  expect(everythingTold()).not.toContain(SECRET);
});

describe("a logger", () => {
  type Line = [level: string, message: string, facts: LogFacts | undefined];
  function collected(): { lines: Line[]; logger: Required<OpenLogOptions>["logger"] } {
    const lines: Line[] = [];
    const at = (level: string) => (message: string, facts?: LogFacts) => void lines.push([level, message, facts]);
    return { lines, logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
  }

  test("is told what the log does, without data", async () => {
    unregisterTelemetry();
    const { lines, logger } = collected();
    const log = await openLog("memory:", { logger });
    await log.append(eventIn("session-a"), { actor: "ada" });
    await log.append({ ...eventIn("session-a"), expectedVersion: 7 }, { actor: "ada" }).catch(() => undefined);
    await log.close();
    expect(lines).toEqual([
      ["info", "log opened", { url: "memory:" }],
      ["debug", "append done", { events: 1, ms: expect.any(Number) }],
      ["error", "append failed", { events: 1, ms: expect.any(Number), code: "VERSION_CONFLICT" }],
      ["info", "log closed", { url: "memory:" }],
    ]);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });

  test("that throws spoils nothing", async () => {
    const fail = () => {
      throw new Error("disk of the logs is full");
    };
    const log = await opened("memory:", { logger: { debug: fail, info: fail, warn: fail, error: fail } });
    expect((await log.append(eventIn("session-a"), { actor: "ada" })).lastOffset).toBe(1);
    const late = { ...eventIn("session-a"), expectedVersion: 7 };
    await expect(log.append(late, { actor: "ada" })).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
  });

  test("is told of retries, which are also counted", async () => {
    const { lines, logger } = collected();
    const proxy = await TcpProxy.start(await freshPostgresUrl());
    // Else the announcement of the first append may be what is cut.
    const log = await openLog(proxy.url, { logger, notify: false });
    await log.append(eventIn("session-a"), { actor: "ada" });
    let cuts = 0;
    proxy.decide = () => (cuts++ === 0 ? "cut" : "pass");
    await log.append(eventIn("session-a"), { actor: "ada" });
    await log.close();
    await proxy.close();
    expect(lines.filter(([level]) => level === "warn").length).toBeGreaterThan(0);
    expect(recorded.some(({ name }) => name === "sessiondb.retries")).toBe(true);
  });
});

test("where nobody observes, the log is the backend's own and nothing is loaded", async () => {
  unregisterTelemetry();
  delete (globalThis as Record<symbol, unknown>)[Symbol.for("opentelemetry.js.api.1")];
  const log = await opened("memory:");
  expect(log.constructor.name).toBe("MemoryLog");
  await tracer.startActiveSpan("work", () => log.append(eventIn("session-a"), { actor: "ada" }));
  for await (const page of log.readAll()) expect(page[0]?.metaText).toBe("{}");
});
