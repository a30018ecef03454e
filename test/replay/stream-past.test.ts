import { expect, test } from "vitest";
import { isUnder, leafChanges } from "../../projections/json-leaves.js";
import { sessionStream, sessions } from "../../projections/sessions.js";
import { type BlameEntry, blame } from "../../src/inspect/blame.js";
import { diff } from "../../src/inspect/diff.js";
import { listEvents } from "../../src/inspect/list-events.js";
import { sessionLog, sessionLogPage } from "../../src/inspect/session-log.js";
import { stateAt } from "../../src/inspect/state-at.js";
import type { NewEvent } from "../../src/log/event.js";
import type { EventLog, LastOptions, VersionRange } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { foldStream } from "../../src/replay/fold-stream.js";
import { PastLog } from "../../src/replay/past-log.js";
import { recordSteps, recordStepsFrom, setBy, stepAt } from "../../src/replay/record-steps.js";
import { foldStreamAt } from "../../src/replay/stream-past.js";
import { planRevert } from "../../src/session/plan-revert.js";
import { previewRevert } from "../../src/session/revert-session.js";
import { SessionStore } from "../../src/session/session-store.js";
import { redo, undo } from "../../src/session/undo.js";
import { fc } from "../support/fast-check.js";
import { SHARED_STORES } from "../support/stores.js";
import { erase } from "./erase.js";

const ID = "a";
const STREAM = sessionStream(ID);

/** Counts the events that are read. */
class CountingLog extends MemoryLog {
  read = 0;

  override async *readStream(stream: string, range?: VersionRange) {
    for await (const page of super.readStream(stream, range)) {
      this.read += page.length;
      yield page;
    }
  }

  override async readLast(stream: string, options?: LastOptions) {
    this.read++;
    return super.readLast(stream, options);
  }
}

const created: NewEvent = { type: "session.created", data: { record: { session: ID, title: "t", gone: 1 } } };

function updates(count: number, first = 0): NewEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    const path = n % 7 === 0 ? "/labels" : `/f${n % 5}`;
    const value = n % 7 === 0 ? { [`k${n % 3}`]: n } : n;
    return { type: "session.updated", data: { patch: [{ op: "add", path, value }] } };
  });
}

async function append(log: EventLog, events: readonly NewEvent[], actor = "ada"): Promise<void> {
  for (let at = 0; at < events.length; at += 1_000) {
    await log.append({ stream: STREAM, events: events.slice(at, at + 1_000) }, { actor });
  }
}

async function longLog(events: number): Promise<CountingLog> {
  const log = new CountingLog();
  await append(log, [created, { type: "session.updated", data: { patch: [{ op: "remove", path: "/gone" }] } }]);
  await log.append({ stream: "session-b", events: [created].map(ofB) }, { actor: "bob" });
  await append(log, updates(events));
  await append(log, updates(30, events));
  return log;
}

function ofB({ type }: NewEvent): NewEvent {
  return { type, data: { record: { session: "b" } } };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of items) found.push(one);
  return found;
}

/** What is asked of the end of a history, by its name. */
const QUESTIONS: ReadonlyArray<readonly [name: string, ask: (log: EventLog, tail: number) => Promise<unknown>]> = [
  ["the state some events ago", (log, tail) => stateAt(log, ID, tail - 20)],
  ["the last entries of its log", (log) => all(sessionLog(log, ID, { limit: 20 }))],
  ["the page of its log with how many there are", (log) => sessionLogPage(log, ID, {}, 20)],
  ["the first page", (log) => sessionLogPage(log, ID, {}, 20, "oldest")],
  ["what happened since", (log, tail) => all(sessionLog(log, ID, { since: tail - 20 }))],
  ["a diff", (log, tail) => diff(log, ID, { from: tail - 20, to: tail })],
  ["a diff at a place", (log, tail) => diff(log, ID, { from: tail, to: tail - 20, path: "f1" })],
  ["blame of what changes often", (log) => blame(log, ID, { path: "f1" })],
  ["an undo", (log) => undo(new SessionStore(log, { actor: "ada" }), { session: ID, dryRun: true })],
  ["a redo of nothing", (log) => codeOf(redo(new SessionStore(log, { actor: "ada" }), { session: ID }))],
  ["a revert of its last event", (log, tail) => previewRevert(new SessionStore(log), ID, { event: tail })],
  ["a revert to some events ago", (log, tail) => previewRevert(new SessionStore(log), ID, { to: tail - 20 })],
  ["its last events", (log) => all(listEvents(log, { sessions: [ID] }, { limit: 20 }))],
];

async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.catch(({ code }) => code);
}

test.each(QUESTIONS)("of a session with 10,000 events, %s reads a part, and answers as before", async (_, ask) => {
  const log = await longLog(10_000);
  const { offset: tail } = await log.tail();
  const bare = JSON.stringify(await ask(log, tail));
  await stateAt(log, ID, tail - 1_500); // somebody has looked
  await ask(log, tail);
  log.read = 0;
  expect(JSON.stringify(await ask(log, tail))).toBe(bare);
  expect(log.read).toBeLessThan(3_500);
});

test("blame reads on to the event that set what is old", async () => {
  const log = await longLog(10_000);
  const [title] = await blame(log, ID, { path: "title" });
  expect(title).toMatchObject({ value: "t", set: { version: 1 }, previous: undefined });
  const [gone] = await blame(log, ID, { path: "gone" });
  expect(gone).toMatchObject({ value: undefined, set: { version: 2 }, previous: { value: 1, set: { version: 1 } } });
  await expect(blame(log, ID, { path: "never" })).rejects.toMatchObject({ code: "PATH_NOT_FOUND" });
  await expect(diff(log, ID, { from: 9_990, to: 10_000, path: "never" })).rejects.toMatchObject({
    code: "PATH_NOT_FOUND",
  });
  expect((await diff(log, ID, { from: 9_990, to: 10_000, path: "gone" })).changes).toEqual([]);
});

test("few states of a long stream are kept, and none of a short one, of the past or by who erases", async () => {
  const log = await longLog(300);
  await stateAt(log, ID, 290);
  await append(log, updates(20_000));
  await stateAt(await PastLog.open(log, 15_000), ID, 14_000);
  expect(await log.sidecar.list("snapshots/")).toEqual([]);
  await stateAt(log, ID, 20_000);
  expect(await log.sidecar.list("snapshots/")).toHaveLength(1);
  const [name = ""] = await log.sidecar.list("snapshots/");
  const text = (await log.sidecar.read(name)) ?? "";
  expect(JSON.parse(text.slice(text.indexOf("\n"))).states.length).toBeLessThan(12);
  await erase(log, 2_000);
  expect(await log.sidecar.list("snapshots/")).toEqual([]);
});

test("a damaged text of kept states, and one of another session, are passed over", async () => {
  const log = await longLog(6_000);
  await log.append({ stream: "session-b", events: updates(1_000) }, { actor: "bob" });
  await log.append({ stream: "session-b", events: updates(1_000) }, { actor: "bob" });
  const { offset: tail } = await log.tail();
  const expected = (await foldStream(log, sessions, STREAM, tail - 2_100)).document?.record;
  await stateAt(log, ID, tail - 2_100);
  const [name = ""] = await log.sidecar.list("snapshots/");
  const text = (await log.sidecar.read(name)) ?? "";
  await stateAt(log, "b", tail - 1);
  const other = (await log.sidecar.list("snapshots/")).find((one) => one !== name) ?? "";
  const changed = text.replaceAll('"title":"t"', '"title":"x"');
  expect(changed).not.toBe(text);
  for (const bad of ["", "{", "null", text.slice(0, -5), changed, text.slice(65), await log.sidecar.read(other)]) {
    await log.sidecar.write(name, bad ?? "");
    expect(await stateAt(log, ID, tail - 2_100), bad?.slice(0, 80)).toEqual(expected);
  }
});

type Act =
  | { readonly update: number }
  | { readonly odd: "delete" | "create" | "import" | "patch" | "misfit" | "foreign" }
  | { readonly undo: string }
  | { readonly cut: number }
  | { readonly erase: number };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const update = fc.record({ update: fc.integer({ min: 1, max: 2_500 }) });
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { arbitrary: update, weight: 3 },
    { arbitrary: fc.record({ update: fc.integer({ min: 1, max: 5 }) }), weight: 2 },
    {
      arbitrary: fc.record({
        odd: fc.constantFrom("delete", "create", "import", "patch", "misfit", "foreign"),
      }) as fc.Arbitrary<Act>,
      weight: 4,
    },
    { arbitrary: fc.record({ undo: fc.constantFrom("ada", "bob") }), weight: 2 },
    { arbitrary: fc.record({ cut: at }), weight: 1 },
    { arbitrary: fc.record({ erase: at }), weight: 1 },
  ),
  { minLength: 2, maxLength: 12 },
);

const ODD: Readonly<Record<string, NewEvent>> = {
  delete: { type: "session.deleted", data: {} },
  create: created,
  import: { type: "session.imported", data: { record: { session: ID, f1: "imported", gone: [1] } } },
  patch: { type: "session.imported", data: { patch: [{ op: "add", path: "/f2", value: { x: 1 } }] } },
  misfit: { type: "session.updated", data: { patch: [{ op: "remove", path: "/never" }] } },
  foreign: { type: "somebody.else", data: { a: 1 } },
};

async function act(log: EventLog, one: Act): Promise<void> {
  const tail = await log.tail();
  if ("update" in one) await append(log, updates(one.update, tail.offset), tail.offset % 2 === 0 ? "ada" : "bob");
  else if ("odd" in one) await append(log, [ODD[one.odd] as NewEvent], "bob");
  else if ("undo" in one) await codeOf(undo(new SessionStore(log, { actor: one.undo }), { session: ID, force: true }));
  else if ("cut" in one) await log.truncateAfter(Math.floor(one.cut * tail.offset), tail);
  else if (tail.offset > 0) await erase(log, Math.max(1, Math.floor(one.erase * tail.offset)));
}

/** Blame of all leaves from the whole history. */
function blamed(steps: Awaited<ReturnType<typeof recordSteps>>): BlameEntry[] {
  const known = new Map<string, BlameEntry>();
  for (const { event, before, after } of steps) {
    for (const { path, after: value } of leafChanges(before, after)) {
      const last = known.get(path);
      const previous = last && { value: last.value, set: last.set };
      known.set(path, { path, value, set: setBy(event), previous });
    }
  }
  return [...known.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Every answer about a part is the part of the answer about all. */
async function expectSame(log: EventLog, place: number): Promise<void> {
  const { offset: tail } = await log.tail();
  const steps = await recordSteps(log, ID).catch(() => []);
  if (steps.length === 0) {
    await expect(recordStepsFrom(log, ID, tail)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await expect(blame(log, ID)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    return;
  }
  const since = Math.floor(place * tail);
  const { document, version } = await foldStream(log, sessions, STREAM, since);
  expect(await foldStreamAt(log, sessions, STREAM, since)).toMatchObject({ document, version });
  const start = stepAt(steps, since)?.event.offset ?? 0;
  const part = await recordStepsFrom(log, ID, since);
  const expected = steps.filter(({ event }) => event.offset >= start);
  expect(part.slice(version <= 200 ? -expected.length : 0)).toEqual(expected);

  const entries = await all(sessionLog(log, ID));
  const newer = entries.filter(({ offset }) => offset > since);
  expect(await all(sessionLog(log, ID, { since }))).toEqual(newer);
  expect(await sessionLogPage(log, ID, { since }, 7)).toEqual({ total: newer.length, items: newer.slice(-7) });
  const first = { total: newer.length, items: newer.slice(0, 7) };
  expect(await sessionLogPage(log, ID, { since }, 7, "oldest")).toEqual(first);
  const bobs = entries.filter(({ actor }) => actor === "bob");
  const bobPage = { total: bobs.length, items: bobs.slice(-3) };
  expect(await sessionLogPage(log, ID, { actor: "bob" }, 3)).toEqual(bobPage);

  const whole = blamed(steps);
  for (const path of ["", "/f1", "/labels"]) {
    const there = whole.filter((entry) => isUnder(entry.path, path));
    const present = there.filter(({ value }) => value !== undefined);
    const found = await blame(log, ID, { path }).catch(() => []);
    expect(found).toEqual(present.length > 0 ? present : there);
  }
  const event = part.at(-1)?.event.offset ?? 0;
  expect(planned(() => planRevert(ID, part, { event }))).toEqual(planned(() => planRevert(ID, steps, { event })));
  if (start > 0) {
    const target = { event: start };
    expect(planned(() => planRevert(ID, part, target))).toEqual(planned(() => planRevert(ID, steps, target)));
  }
}

function planned<T>(plan: () => T): unknown {
  try {
    return plan();
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

function lawOf(fresh: () => Promise<readonly [EventLog, EventLog]>) {
  return fc.asyncProperty(acts, at, async (history, place) => {
    const [log, other] = await fresh();
    await append(other, [created]);
    for (const one of history) {
      await act(other, one);
      const { offset: tail } = await log.tail();
      if (tail > 0) await stateAt(log, ID, Math.floor(place * tail)); // what is kept is of an older end
    }
    for (const here of [place, 1 - place / 10, 1]) await expectSame(log, here);
    await log.close();
    await other.close();
  });
}

test("law: whatever is appended, undone, cut back and erased, an answer about a part is that of a fold of all", async () => {
  const fresh = async () => {
    const log = new MemoryLog();
    return [log, log] as const;
  };
  const cutThenAnother: Act[] = [{ update: 2_500 }, { cut: 0.3 }, { odd: "create" }, { update: 2_400 }];
  const erasedThenLong: Act[] = [{ update: 2_500 }, { erase: 0.4 }, { update: 2_400 }, { erase: 0.9 }];
  const examples: [Act[], number][] = [
    [cutThenAnother, 0.9],
    [erasedThenLong, 0.9],
  ];
  await fc.assert(lawOf(fresh), { numRuns: 15, examples });
}, 180_000);

test.each(SHARED_STORES)(
  "law: %s: the same of a store that another process writes, cuts and erases",
  async (_, fresh) => {
    const both = async () => {
      const url = await fresh();
      return [await openLog(url), await openLog(url)] as const;
    };
    await fc.assert(lawOf(both), { numRuns: 4 });
  },
  180_000,
);
