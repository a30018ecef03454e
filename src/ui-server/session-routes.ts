import type { Hono } from "hono";
import * as z from "zod";
import { type SessionDocument, sessionStream } from "../../projections/sessions.js";
import { defined } from "../defined.js";
import { bisect } from "../inspect/bisect.js";
import { blame } from "../inspect/blame.js";
import { type ConditionTest, holds } from "../inspect/condition.js";
import { diff } from "../inspect/diff.js";
import { parseFieldPath } from "../inspect/field-path.js";
import type { ListedSession } from "../inspect/past-states.js";
import { pathHistory } from "../inspect/path-history.js";
import { resolvePoint } from "../inspect/point.js";
import { recordOf } from "../replay/record-steps.js";
import type {
  BisectAnswer,
  BlameAnswer,
  DiffAnswer,
  HistoryAnswer,
  PointAnswer,
  StateAnswer,
  StatesAnswer,
} from "./answers.js";
import type { LookedAtStore } from "./looked-at-store.js";
import { count, offset, parameters, text } from "./parameters.js";

const MAX_STATES = 200;
const MAX_CELL_CHARS = 120;
const MAX_DEPTH = 200;

/** Questions about sessions as they were. */
export function sessionRoutes(app: Hono, store: LookedAtStore): void {
  app.get("/api/state", async (c) => {
    const { session, ...asked } = parameters(c.req.url, { session: text, at: offset.optional() });
    const { at, tail } = await store.offset(asked.at);
    const { document, version } = await store.states.session(session, at);
    const answer = { at, session, version, ...stateOf(document) };
    return c.json({ schema: "ui-state/1", offset: tail, ...answer } satisfies StateAnswer);
  });

  app.get("/api/states", async (c) => {
    const form = { text: text.optional(), skip: offset.optional(), limit: count(MAX_STATES).optional() };
    const { at: asked, ...options } = parameters(c.req.url, { ...form, at: offset.optional() });
    const { at, tail } = await store.offset(asked);
    await store.columnsTo(at);
    const { sessions, total } = await store.states.all(at, defined(options));
    const answer = { at, total, rows: sessions.map(rowOf) };
    return c.json({ schema: "ui-states/1", offset: tail, ...answer } satisfies StatesAnswer);
  });

  app.get("/api/diff", async (c) => {
    const form = { session: text, from: offset, to: offset, path: text.optional() };
    const { session, from, to, path } = parameters(c.req.url, form);
    const { tail } = await store.offset(Math.max(from, to));
    const found = await diff(store.log, session, { from, to, path: parseFieldPath(path ?? "") });
    const { before: _before, after: _after, ...answer } = found;
    return c.json({ schema: "ui-diff/1", offset: tail, ...answer } satisfies DiffAnswer);
  });

  app.get("/api/blame", async (c) => {
    const form = { session: text, at: offset.optional(), path: text.optional(), depth: count(MAX_DEPTH).optional() };
    const { session, at: asked, path = "", depth } = parameters(c.req.url, form);
    const { at, tail } = await store.offset(asked);
    const options = { path: parseFieldPath(path), toOffset: at, ...defined({ depth }) };
    const entries = await blame(store.log, session, options);
    return c.json({ schema: "ui-blame/1", offset: tail, at, entries } satisfies BlameAnswer);
  });

  app.get("/api/history", async (c) => {
    const form = { session: text, path: text, at: offset.optional(), around: offset.optional() };
    const { session, path, at, around } = parameters(c.req.url, form);
    const { at: to, tail } = await store.offset(at);
    const history = await pathHistory(store.log, session, parseFieldPath(path), to, around);
    return c.json({ schema: "ui-history/1", offset: tail, ...history } satisfies HistoryAnswer);
  });

  app.get("/api/bisect", async (c) => {
    const {
      session,
      good,
      bad,
      path,
      test,
      value = "",
    } = parameters(c.req.url, {
      ...{ session: text, good: offset, bad: offset, path: text, value: text.optional() },
      test: z.enum(["equals", "exists", "missing"]),
    });
    const { tail } = await store.offset(Math.max(good, bad));
    const condition = { path: parseFieldPath(path), test: testOf(test, value) };
    const verdict = ({ record }: { record: Parameters<typeof holds>[0] }) =>
      holds(record, condition) ? ("good" as const) : ("bad" as const);
    const found = await bisect(store.log, session, { good, bad, verdict });
    return c.json({ schema: "ui-bisect/1", offset: tail, ...found } satisfies BisectAnswer);
  });

  app.get("/api/point", async (c) => {
    const { text: point, session } = parameters(c.req.url, { text, session: text.optional() });
    const { offset: tail } = await store.log.tail();
    const context = session === undefined ? {} : { stream: sessionStream(session) };
    const { offset: at, meaning } = await resolvePoint(store.log, point, { now: new Date(), ...context });
    return c.json({ schema: "ui-point/1", offset: tail, at, meaning } satisfies PointAnswer);
  });
}

function testOf(kind: "equals" | "exists" | "missing", value: string): ConditionTest {
  return kind === "equals" ? { kind, text: value } : { kind };
}

function stateOf(document: SessionDocument | null) {
  return {
    record: recordOf(document) ?? null,
    deleted: document?.deleted ?? null,
    updatedAt: document?.updatedAt ?? null,
    lastOffset: document?.lastOffset ?? 0,
    lastActor: document?.lastActor ?? null,
    faults: document?.faults ?? [],
    faultCount: document?.faultCount ?? 0,
  };
}

function rowOf({ session, version, last, lastActor, lastAt, document }: ListedSession) {
  const scalars = Object.entries(document?.record ?? {}).filter(([, value]) => isScalar(value));
  const fields = Object.fromEntries(scalars.map(([name, value]) => [name, String(value).slice(0, MAX_CELL_CHARS)]));
  const isDeleted = document !== null && document.deleted !== null;
  const faultCount = document?.faultCount ?? 0;
  return { session, version, lastOffset: last, lastActor, updatedAt: lastAt, isDeleted, faultCount, fields };
}

function isScalar(value: unknown): boolean {
  return value !== null && ["string", "number", "boolean"].includes(typeof value);
}
