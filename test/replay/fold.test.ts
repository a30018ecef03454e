import { expect, test } from "vitest";
import { defineProjection } from "../../projections/projection.js";
import { sessions } from "../../projections/sessions.js";
import { allEvents } from "../../src/conformance/target.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { CatchUp } from "../../src/replay/catch-up.js";
import { foldInto } from "../../src/replay/fold.js";
import { foldLog } from "../../src/replay/fold-log.js";
import { foldStream } from "../../src/replay/fold-stream.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";

interface Count {
  total: number;
  places: string[];
}

/** Streams `count-<id>`; schema 1 held `{n}`, schema 2 holds `{add: {n}}`. */
const counts = defineProjection<Count>({
  name: "counts",
  revision: 1,
  idOf: (stream) => (stream.startsWith("count-") ? stream.slice(6) : undefined),
  upcast: (event) => (event.schema === 1 ? { ...event, data: { add: event.data ?? null }, schema: 2 } : event),
  evolve: (document, { type, data, offset }) => {
    if (type === "count.dropped") return null;
    const { n } = (data as { add: { n: number } }).add;
    if (document === null) return { total: n, places: [`${offset}`] };
    document.total += n;
    document.places.push(`${offset}`);
    return document;
  },
  fields: { total: { type: "number", of: ({ total }) => total } },
});

const ids = ["a", "b", "__proto__", "constructor", ""];
const steps = fc.array(
  fc.record({ id: fc.constantFrom(...ids), n: fc.integer(), schema: fc.constantFrom(1, 2), drop: fc.boolean() }),
  { minLength: 1, maxLength: 30 },
);
type Step = { id: string; n: number; schema: number; drop: boolean };

async function append(log: MemoryLog, { id, n, schema, drop }: Step): Promise<void> {
  const data = schema === 1 ? { n } : { add: { n } };
  const type = drop ? "count.dropped" : "count.added";
  await log.append({ stream: `count-${id}`, events: [{ type, data, meta: { schema } }] }, { actor: "t" });
}

test("folding event by event, in bulk, by stream and by catching up give the same documents", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(30), async (all, pause) => {
      const log = new MemoryLog();
      const catchUp = new CatchUp(log, counts);
      for (const [index, step] of all.entries()) {
        await append(log, step);
        if (index === pause) await catchUp.current();
      }
      const { documents, versions } = await foldLog(log, counts, all.length);
      const bulk = { documents, versions };
      const live: typeof bulk = { documents: new Map(), versions: new Map() };
      for (const event of await allEvents(log)) foldInto(counts, live, event);
      expect(live).toEqual(bulk);
      const { offset, hash } = await log.tail();
      expect(await catchUp.current()).toEqual({ ...bulk, offset, hash });
      for (const id of ids) {
        const byStream = await foldStream(log, counts, `count-${id}`);
        expect(byStream.document).toEqual(bulk.documents.get(id) ?? null);
        expect(byStream.version).toBe(bulk.versions.get(id) ?? 0);
      }
    }),
    { numRuns: 60 },
  );
});

test("old schemas are upcast on read, and the stored events stay as they are", async () => {
  const log = new MemoryLog();
  await append(log, { id: "a", n: 1, schema: 1, drop: false });
  await append(log, { id: "a", n: 2, schema: 2, drop: false });
  expect((await foldStream(log, counts, "count-a")).document).toEqual({ total: 3, places: ["1", "2"] });
  expect((await allEvents(log)).map(({ dataText }) => dataText)).toEqual(['{"n":1}', '{"add":{"n":2}}']);
});

test("a document keeps its form for those who hold it, while the fold goes on", async () => {
  const log = new MemoryLog();
  const catchUp = new CatchUp(log, counts);
  await append(log, { id: "a", n: 1, schema: 2, drop: false });
  const before = (await catchUp.current()).documents.get("a");
  await append(log, { id: "a", n: 2, schema: 2, drop: false });
  const after = (await catchUp.current()).documents.get("a");
  expect([before?.total, after?.total]).toEqual([1, 3]);
  expect(Object.isFrozen(before?.places) && Object.isFrozen(after?.places)).toBe(true);
});

test("a read that failed leaves the documents usable, and the next one catches up", async () => {
  const log = new MemoryLog();
  const catchUp = new CatchUp(log, counts);
  await append(log, { id: "a", n: 1, schema: 2, drop: false });
  await catchUp.current();
  await append(log, { id: "a", n: 2, schema: 2, drop: false });
  const tail = log.tail.bind(log);
  log.tail = () => Promise.reject(new Error("down"));
  await expect(catchUp.current()).rejects.toThrow("down");
  log.tail = tail;
  expect((await catchUp.current()).documents.get("a")?.total).toBe(3);
});

test("fold up to any offset equals the state that readers had there", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "t" });
  const states: string[] = [];
  const remember = async () => states.push(JSON.stringify((await store.list()).documents));
  await store.create({ session: "a", prApproved: false });
  await remember();
  await store.update("a", { status: "ACTIVE" });
  await remember();
  await store.create({ session: "b" });
  await remember();
  await store.delete("a");
  await remember();
  for (const [index, state] of states.entries()) {
    expect(JSON.stringify((await store.list({ asOf: index + 1 })).documents)).toBe(state);
  }
  expect(Object.keys(sessions.fields)).toContain("taskId");
});
