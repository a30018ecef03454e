import { expect, test } from "vitest";
import { defineProjection } from "../../projections/projection.js";
import { sessionStream, sessions } from "../../projections/sessions.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { foldStream } from "../../src/replay/fold-stream.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { readStoredState } from "../../src/replay/stored-state.js";
import { StreamStates } from "../../src/replay/stream-states.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { SHARED_STORES } from "../support/stores.js";
import { erase } from "./erase.js";

interface Trail {
  version: number;
  steps: Record<string, number>;
}

const trails = defineProjection<Trail>({
  name: "trails",
  revision: 1,
  idOf: (stream) => (stream.startsWith("trail-") ? stream.slice("trail-".length) : undefined),
  evolve: (document, { type, data, version }) => {
    if (type === "trail.ended") return null;
    const trail = document ?? { version, steps: {} };
    trail.version = version;
    // An event whose data was erased leaves a gap.
    if (typeof data === "number") trail.steps[`${version % 20}`] = data;
    return trail;
  },
  fields: { version: { type: "number", of: ({ version }) => version } },
  versionField: "version",
});

const BY = { actor: "a" };
const TABLES = SHARED_STORES.filter(([name]) => name !== "jsonl");

async function walk(log: EventLog, stream: string, steps: number): Promise<void> {
  const events = Array.from({ length: steps }, (_, i) => ({ type: "trail.walked", data: i }));
  await log.append({ stream, events }, BY);
}

async function freshOf(log: EventLog, stream: string) {
  const { document, version } = await foldStream(log, trails, stream);
  return { document, version };
}

/** Counts the events that a log gives of streams. */
class CountedReads {
  readonly log: EventLog;
  #events = 0;

  constructor(log: EventLog) {
    const readDocument: EventLog["readDocument"] = async (query) => {
      const read = await log.readDocument?.(query);
      this.#events += read?.newer.length ?? 0;
      return read;
    };
    const count = (pages: ReturnType<EventLog["readStream"]>) => this.#counted(pages);
    this.log = new Proxy(log, {
      get: (target, name) => {
        if (name === "readDocument") return readDocument;
        if (name === "readStream")
          return (...args: Parameters<EventLog["readStream"]>) => count(log.readStream(...args));
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }

  /** Since the last call. */
  take(): number {
    const events = this.#events;
    this.#events = 0;
    return events;
  }

  async *#counted(pages: ReturnType<EventLog["readStream"]>) {
    for await (const page of pages) {
      this.#events += page.length;
      yield page;
    }
  }
}

type Act =
  | { readonly walk: number; readonly stream: string }
  | { readonly end: string }
  | { readonly cut: number }
  | { readonly erase: number }
  | { readonly list: true }
  | { readonly rebuild: true };

const stream = fc.constantFrom("trail-a", "trail-b");
const acts = fc.array(
  fc.oneof(
    fc.record({ walk: fc.integer({ min: 1, max: 300 }), stream }),
    fc.record({ walk: fc.integer({ min: 1, max: 5 }), stream }),
    fc.record({ end: stream }),
    fc.record({ cut: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ erase: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.constant({ list: true } as const),
    fc.constant({ rebuild: true } as const),
  ),
  { minLength: 1, maxLength: 14 },
);

async function act(log: EventLog, one: Act): Promise<void> {
  const tail = await log.tail();
  if ("walk" in one) await walk(log, one.stream, one.walk);
  else if ("end" in one) await log.append({ stream: one.end, events: [{ type: "trail.ended", data: null }] }, BY);
  else if ("cut" in one) await log.truncateAfter(Math.floor(one.cut * tail.offset), tail);
  else if ("list" in one) await new ReadModel(log, trails).catchUp();
  else if ("rebuild" in one) await new ReadModel(log, trails).rebuild();
  else if (tail.offset > 0) await erase(log, Math.max(1, Math.floor(one.erase * tail.offset)));
}

test.each(SHARED_STORES)(
  "law: %s: out of a table or not, with what came after it, a state is what a fold of all events gives",
  async (_, fresh) => {
    const runs = fc.asyncProperty(acts, async (history) => {
      const url = await fresh();
      const [log, other] = [await openLog(url), await openLog(url)];
      const states = new StreamStates(log);
      for (const one of history) {
        await act(other, one);
        for (const of of ["trail-a", "trail-b", "trail-c"]) {
          const now = await freshOf(other, of);
          expect(await states.state(trails, of)).toEqual(now);
          expect(await new StreamStates(other).state(trails, of)).toEqual(now);
          const stored = await readStoredState(log, trails, of);
          if (stored !== undefined) expect({ document: stored.document, version: stored.version }).toEqual(now);
        }
      }
      await log.close();
      await other.close();
    });
    const cutBelowTheTable: Act[] = [
      { walk: 30, stream: "trail-a" },
      { list: true },
      { cut: 0.5 },
      { walk: 30, stream: "trail-a" },
    ];
    await fc.assert(runs, { numRuns: 15, examples: [[cutBelowTheTable]] });
  },
  120_000,
);

test.each(TABLES)("%s: a long stream costs one look once its table is there, and what is newer", async (_, fresh) => {
  const log = await openLog(await fresh());
  await walk(log, "trail-a", 500);
  expect(await readStoredState(log, trails, "trail-a")).toBeUndefined();
  await new ReadModel(log, trails).catchUp();
  const all = { ...(await freshOf(log, "trail-a")), folded: 0, hash: null };
  // A client that has found no table does not look for one each time.
  const other = await openLog(log.url);
  expect(await readStoredState(other, trails, "trail-a")).toEqual(all);
  expect(Object.isFrozen((await readStoredState(other, trails, "trail-a"))?.document)).toBe(true);
  await walk(log, "trail-a", 7);
  await walk(log, "trail-b", 3);
  expect(await readStoredState(other, trails, "trail-a")).toMatchObject({ version: 507, folded: 7 });
  expect(await readStoredState(other, trails, "trail-b")).toMatchObject({ version: 3, folded: 3 });
  expect(await readStoredState(other, trails, "trail-c")).toBeUndefined();
  await new ReadModel(log, trails).rebuild();
  await readStoredState(other, trails, "trail-a"); // it may learn only now that its table was dropped
  expect(await readStoredState(other, trails, "trail-a")).toMatchObject({ version: 507, folded: 0 });
  await walk(log, "trail-a", 300);
  expect(await readStoredState(other, trails, "trail-a"), "too far behind").toBeUndefined();
  expect(await new StreamStates(other).state(trails, "trail-a")).toEqual(await freshOf(log, "trail-a"));
  await log.close();
  await other.close();
});

test.each(TABLES)("%s: what a table lacks of a short stream is read once, and then what is newer", async (_, fresh) => {
  const log = await openLog(await fresh());
  await walk(log, "trail-a", 40);
  await new ReadModel(log, trails).catchUp();
  await walk(log, "trail-a", 60);
  const counted = new CountedReads(log);
  const states = new StreamStates(counted.log);
  const events: number[] = [];
  for (let i = 0; i < 3; i++) {
    expect(await states.state(trails, "trail-a")).toEqual(await freshOf(log, "trail-a"));
    events.push(counted.take());
    await walk(log, "trail-a", 1);
  }
  expect(events.slice(1)).toEqual([2, 2]);
  await log.close();
});

test.each(TABLES)("%s: events that are missing in the table may be long", async (_, fresh) => {
  const log = await openLog(await fresh());
  await walk(log, "trail-a", 3);
  await new ReadModel(log, trails).catchUp();
  const data = "x".repeat(2 * 1024 * 1024);
  for (let i = 0; i < 3; i++) await log.append({ stream: "trail-a", events: [{ type: "trail.walked", data }] }, BY);
  const other = await openLog(log.url);
  expect(await readStoredState(other, trails, "trail-a")).toBeUndefined();
  expect(await new StreamStates(other).state(trails, "trail-a")).toEqual(await freshOf(log, "trail-a"));
  await log.close();
  await other.close();
});

test.each(TABLES)("%s: of sessions: versions, deleted ones and those that were never there", async (_, fresh) => {
  const log = await openLog(await fresh());
  const store = new SessionStore(log, BY);
  await store.create({ session: "kept", repoName: "r" });
  await store.create({ session: "gone", repoName: "r" });
  for (let i = 0; i < 30; i++) await store.update("kept", { commitCount: i });
  await store.delete("gone");
  await new ReadModel(log, sessions).catchUp();
  const other = await openLog(log.url);
  for (const id of ["kept", "gone"]) {
    const { document, version } = await foldStream(log, sessions, sessionStream(id));
    expect(await readStoredState(other, sessions, sessionStream(id))).toMatchObject({ document, version, folded: 0 });
  }
  const reader = new SessionStore(other, BY);
  expect(await reader.load("gone")).toBeNull();
  expect(await reader.load("never")).toBeNull();
  await expect(reader.get("gone")).rejects.toMatchObject({ code: "SESSION_DELETED" });
  await reader.update("kept", { commitCount: 99 });
  expect((await store.get("kept")).record.commitCount).toBe(99);
  await log.close();
  await other.close();
});
