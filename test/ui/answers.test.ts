import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { blame } from "../../src/inspect/blame.js";
import { diff } from "../../src/inspect/diff.js";
import { stateAt } from "../../src/inspect/state-at.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import type {
  BisectAnswer,
  BlameAnswer,
  DensityAnswer,
  DiffAnswer,
  EventAnswer,
  EventsAnswer,
  FacetsAnswer,
  HistoryAnswer,
  LanesAnswer,
  MarksAnswer,
  MigrationsAnswer,
  SearchAnswer,
  SessionsAnswer,
  SizesAnswer,
  StateAnswer,
  StatesAnswer,
  StepAnswer,
} from "../../src/ui-server/answers.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { writeSampleStore } from "./sample-store.js";
import { type OpenUi, openUi, send } from "./ui-fixture.js";

/** What JSON makes of it: members that are undefined are gone. */
function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

async function sample(): Promise<OpenUi & { log: EventLog; tail: number }> {
  const path = join(tempDir(), "s.db");
  await writeSampleStore(path, 120);
  const log = await openLog(`sqlite:${path}`);
  cleanUp(() => log.close());
  const ui = await openUi(log);
  return { ...ui, log, tail: (await log.tail()).offset };
}

test("state, diff, blame and the step are what the questions of the library answer, at every tenth offset", async () => {
  const { get, log, tail } = await sample();
  const session = "auth-refactor";
  for (let at = 1; at <= tail; at += 10) {
    const state = await get<StateAnswer>(`/api/state?session=${session}&at=${at}`);
    expect(state.record).toEqual(await stateAt(log, session, at));
    expect([state.schema, state.offset, state.at]).toEqual(["ui-state/1", tail, at]);
    const told = await get<DiffAnswer>(`/api/diff?session=${session}&from=${at}&to=${tail}`);
    expect(told.changes).toEqual(asJson(await diff(log, session, { from: at, to: tail })).changes);
    const { entries } = await get<BlameAnswer>(`/api/blame?session=${session}&at=${at}`);
    expect(entries).toEqual(asJson(await blame(log, session, { toOffset: at })));
    const { row, changes } = await get<StepAnswer>(`/api/step?at=${at}`);
    const step = row.session === null ? [] : (await diff(log, row.session, { from: at - 1, to: at })).changes;
    const plain = step.map(({ path, before, after }) => ({ path, before, after }));
    expect(changes).toEqual(asJson(plain));
  }
});

test("all sessions at an offset are what each of them is alone", async () => {
  const { get, log, tail } = await sample();
  for (const at of [1, 40, 90, tail]) {
    const { rows, total } = await get<StatesAnswer>(`/api/states?at=${at}`);
    expect(rows).toHaveLength(total);
    for (const { session, fields, isDeleted } of rows) {
      const record = await stateAt(log, session, at);
      expect([session, isDeleted]).toEqual([session, record === null]);
      if (record !== null) expect(fields.branch).toBe(record.branch);
    }
  }
});

test("density counts every event once, whatever the buckets, and says what the filter hides", async () => {
  const { get, tail } = await sample();
  for (const query of ["", "&buckets=7", "&buckets=2000", "&by=actor", "&from=10&to=50"]) {
    const told = await get<DensityAnswer>(`/api/density?${query.slice(1)}`);
    const sum = told.buckets.flatMap(({ counts, hidden }) => [...counts, hidden]).reduce((a, b) => a + b, 0);
    expect([query, sum]).toEqual([query, told.to - told.from + 1]);
    expect(told.buckets.length).toBeLessThanOrEqual(2_000);
    expect(told.buckets.every(({ from }, i) => i === 0 || from === (told.buckets[i - 1]?.to ?? 0) + 1)).toBe(true);
  }
  const some = await get<DensityAnswer>("/api/density?type=session.updated&actor=agent:*");
  expect(some.matched + some.hidden).toBe(tail);
  const { rows } = await get<EventsAnswer>("/api/events?type=session.updated&actor=agent:*&before=300&after=0");
  expect(rows).toHaveLength(some.matched);
  expect(rows.every(({ type, actor }) => type === "session.updated" && actor.startsWith("agent:"))).toBe(true);
});

test("events come in pages that join without a gap, from any place and with any filter", async () => {
  const { get, tail } = await sample();
  const seen: number[] = [];
  for (let around = tail; ; ) {
    const { rows, moreBefore } = await get<EventsAnswer>(`/api/events?around=${around}&before=7&after=0`);
    seen.unshift(...rows.map(({ offset }) => offset));
    if (!moreBefore) break;
    around = (rows[0]?.offset ?? 1) - 1;
  }
  expect(seen).toEqual(Array.from({ length: tail }, (_, i) => i + 1));
  const { rows, moreAfter } = await get<EventsAnswer>("/api/events?around=0&before=5&after=3&only=docs-site");
  expect([rows.length, moreAfter]).toEqual([3, true]);
});

test("an event has its hash, whether it is true, and its line's size; a path its history; a search its place", async () => {
  const { get, log, tail } = await sample();
  const event = await get<EventAnswer>(`/api/event?at=${tail}`);
  expect([event.chainOk, event.event.hash]).toEqual([true, (await log.tail()).hash]);
  expect(event.lineBytes).toBeGreaterThan(200);
  const { changes } = await get<HistoryAnswer>("/api/history?session=auth-refactor&path=prState.exists");
  const [good, broke] = changes.slice(-2);
  expect([good?.value, broke?.value]).toEqual([true, false]);
  const found = await get<SearchAnswer>("/api/search?text=PR%20STATE%20synced");
  expect(found.hits.map(({ offset, field }) => [offset, field])).toEqual([[tail, "meta"]]);
  expect((await get<MarksAnswer>("/api/marks")).marks.map(({ name }) => name)).toEqual(["before-merge"]);
  const ends = `good=${good?.offset}&bad=${tail}`;
  const { suspects } = await get<BisectAnswer>(
    `/api/bisect?session=auth-refactor&${ends}&path=prState.exists&test=equals&value=true`,
  );
  expect(suspects.map(({ offset }) => offset)).toEqual([broke?.offset]);
});

test("lanes, facets, sizes and sessions add up to the same events", async () => {
  const { get, tail } = await sample();
  const { lanes, others } = await get<LanesAnswer>("/api/lanes?limit=200");
  expect(others).toBe(0);
  expect(lanes.flatMap(({ cells }) => cells.map(({ events }) => events)).reduce((a, b) => a + b)).toBe(tail);
  const { types } = await get<FacetsAnswer>("/api/facets");
  const { types: sized, days } = await get<SizesAnswer>("/api/sizes");
  const byType = (list: ReadonlyArray<{ events: number }>) => list.reduce((sum, { events }) => sum + events, 0);
  expect([byType(types), byType(sized), byType(days)]).toEqual([tail, tail, tail]);
  const { rows } = await get<SessionsAnswer>("/api/sessions?at=50");
  expect(rows.every(({ last }) => last <= 50)).toBe(true);
});

describe("bad questions are refused with a code, and never answered by something else", () => {
  test.each([
    ["/api/state", 400, "ARGUMENT_INVALID"],
    ["/api/state?session=a&at=-1", 400, "ARGUMENT_INVALID"],
    ["/api/state?session=a&at=1e3", 400, "ARGUMENT_INVALID"],
    ["/api/state?session=a&at=999999999999999999", 400, "ARGUMENT_INVALID"],
    ["/api/state?session=a&session=b", 400, "ARGUMENT_INVALID"],
    ["/api/state?session=a&__proto__=1", 400, "ARGUMENT_INVALID"],
    [`/api/state?session=${"a".repeat(3_000)}`, 400, "ARGUMENT_INVALID"],
    ["/api/state?session=a&at=99", 404, "POINT_OUTSIDE"],
    ["/api/density?buckets=0", 400, "ARGUMENT_INVALID"],
    ["/api/density?buckets=99999999", 400, "ARGUMENT_INVALID"],
    ["/api/density?from=5&to=2", 400, "RANGE_INVALID"],
    ["/api/density?by=hash", 400, "ARGUMENT_INVALID"],
    [`/api/density?type=${"*a".repeat(400)}`, 400, "GLOB_INVALID"],
    [`/api/density?${"type=a&".repeat(200)}`, 400, "ARGUMENT_INVALID"],
    ["/api/events?before=1000000", 400, "ARGUMENT_INVALID"],
    ["/api/event?at=0", 404, "EVENT_NOT_FOUND"],
    ["/api/event?at=99", 404, "EVENT_NOT_FOUND"],
    ["/api/blame?session=nobody", 404, "SESSION_NOT_FOUND"],
    ["/api/blame?session=a&path=..", 400, "FIELD_PATH_INVALID"],
    ["/api/history?session=a&path=nothing", 404, "PATH_NOT_FOUND"],
    ["/api/search?text=", 400, "QUERY_INVALID"],
    [`/api/search?text=${"a".repeat(300)}`, 400, "QUERY_INVALID"],
    ["/api/point?text=nonsense", 400, "POINT_INVALID"],
    ["/api/bisect?session=a&good=1&bad=1&path=branch&test=exists", 400, "BISECT_RANGE_INVALID"],
    ["/api/bisect?session=a&good=1&bad=2&path=branch&test=matches", 400, "ARGUMENT_INVALID"],
    ["/api/marks?x=1", 400, "ARGUMENT_INVALID"],
    ["/api/hello?x=1", 400, "ARGUMENT_INVALID"],
  ])("%s", async (path, status, code) => {
    const { failure, store } = await openUi();
    await store.create({ session: "a", branch: "main" });
    expect(await failure(path)).toEqual({ status, code });
  });
});

test("an empty log, and a log of one event, answer every question", async () => {
  const { get, failure, store } = await openUi();
  expect(await get<DensityAnswer>("/api/density")).toMatchObject({ buckets: [], matched: 0, groups: [] });
  expect((await get<EventsAnswer>("/api/events")).rows).toEqual([]);
  expect(await get<StatesAnswer>("/api/states")).toMatchObject({ rows: [], total: 0, offset: 0 });
  expect(await get<LanesAnswer>("/api/lanes")).toMatchObject({ lanes: [] });
  expect(await get<StateAnswer>("/api/state?session=a")).toMatchObject({ record: null, version: 0 });
  expect(await failure("/api/step?at=1")).toEqual({ status: 404, code: "EVENT_NOT_FOUND" });
  await store.create({ session: "a" });
  expect(await get<DensityAnswer>("/api/density")).toMatchObject({ matched: 1, buckets: [{ from: 1, to: 1 }] });
  expect((await get<StepAnswer>("/api/step?at=1")).changes.map(({ path }) => path)).toEqual(["/session"]);
});

test("names like those of an object's own members are sessions, fields and actors like others", async () => {
  const { get, store } = await openUi();
  for (const session of ["__proto__", "constructor", "toString"]) {
    const record = JSON.parse('{"__proto__": {"x": 1}, "constructor": "c"}');
    await store.create({ ...record, session, hasOwnProperty: "h" }, { actor: session });
    const { record: told } = await get<StateAnswer>(`/api/state?session=${session}`);
    expect((told as { constructor?: unknown }).constructor).toBe("c");
    expect((await get<EventsAnswer>(`/api/events?only=${session}&actor=${session}`)).rows).toHaveLength(1);
  }
});

test("an event of a newer schema is told as such, and the rest of the session is there", async () => {
  const { get, log, store } = await openUi();
  await store.create({ session: "a", branch: "main" });
  const newer = { type: "session.updated", data: { patch: [{ op: "future" }] }, meta: { schema: 99 } };
  await log.append({ stream: "session-a", events: [newer] }, { actor: "user:bo" });
  const state = await get<StateAnswer>("/api/state?session=a");
  expect(state).toMatchObject({ faultCount: 1, record: { branch: "main" } });
  expect(state.faults[0]?.why).toContain("newer than this program");
  expect((await get<StepAnswer>("/api/step?at=2")).fault).toContain("newer");
});

test("the migrations that made a log are told with their tails, the same as its own", async () => {
  const folder = tempDir();
  await writeSampleStore(join(folder, "a.db"), 120);
  const target = `jsonl:${join(folder, "b.jsonl")}`;
  const migrator = new CrossDatabaseMigrator();
  await migrator.executeMigration(await migrator.planMigration(`sqlite:${join(folder, "a.db")}`, target));
  const log = await openLog(target);
  cleanUp(() => log.close());
  const { get } = await openUi(log);
  const { migrations, unreadable } = await get<MigrationsAnswer>("/api/migrations");
  const tail = await log.tail();
  expect([migrations.length, unreadable, migrations[0]?.shown]).toEqual([1, [], "done"]);
  expect([migrations[0]?.before.offset, migrations[0]?.after?.hash]).toEqual([0, tail.hash]);
});

test("another method on an address of the page is 405 with those that it answers, an unknown address 404", async () => {
  const { ui, cookie } = await openUi();
  const host = `127.0.0.1:${ui.port}`;
  const headers = { cookie, host, origin: `http://${host}` };
  for (const [method, path, status, allow, code] of [
    ["DELETE", "/", 405, "GET, HEAD", "UI_METHOD_UNKNOWN"],
    ["PUT", "/api/hello", 405, "GET, HEAD", "UI_METHOD_UNKNOWN"],
    ["PUT", "/api/nothing", 404, undefined, "UI_ADDRESS_UNKNOWN"],
  ] as const) {
    const answered = await send(ui.port, path, { method, headers });
    expect([answered.status, answered.headers.allow]).toEqual([status, allow]);
    expect(JSON.parse(answered.text)).toMatchObject({ error: { code, hint: expect.any(String) } });
  }
});
