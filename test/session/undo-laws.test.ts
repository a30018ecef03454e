import { expect, test } from "vitest";
import { isObject, leafChanges } from "../../projections/json-leaves.js";
import type { JsonObject } from "../../projections/json-patch.js";
import { canonicalText } from "../../src/log/canonical.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { type RecordStep, recordSteps } from "../../src/replay/record-steps.js";
import { revertSession } from "../../src/session/revert-session.js";
import { SessionStore } from "../../src/session/session-store.js";
import { isWithin, takenBackBy } from "../../src/session/taken-back.js";
import { redo, type Undone, undo } from "../../src/session/undo.js";
import { record } from "../inspect/histories.js";
import { fc } from "../support/fast-check.js";

const IDS = ["a", "__proto__"];
const ACTORS = ["ada", "bob", "constructor"];
const OFTEN = { numRuns: 200 };

/** Something that somebody does; what cannot be done then is passed over. */
interface Deed {
  readonly actor: string;
  readonly id: string;
  readonly kind: "write" | "write-all" | "delete" | "revert" | "undo" | "redo" | "force";
  readonly state: JsonObject;
  readonly pick: number;
}

const deed = fc.record<Deed>({
  actor: fc.constantFrom(...ACTORS),
  id: fc.constantFrom(...IDS),
  kind: fc.constantFrom("write", "write", "write", "write-all", "delete", "revert", "undo", "redo", "force"),
  state: record,
  pick: fc.nat(),
});
const history = fc.array(deed, { maxLength: 14 });
const lone = fc.array(
  deed.map((one) => ({ ...one, actor: "ada" })),
  { maxLength: 10 },
);

const CANNOT = /^(NOTHING_TO_|REVERT_CONFLICT|SESSION_DELETED|SESSION_NOT_FOUND|EVENT_NOT_FOUND)/;

/** @returns undefined where it cannot be done now */
async function tried<T>(act: () => Promise<T>): Promise<T | undefined> {
  return act().catch((error: { code?: string }) => {
    if (CANNOT.test(error.code ?? "")) return undefined;
    throw error;
  });
}

async function does(log: MemoryLog, { actor, id, kind, state, pick }: Deed): Promise<void> {
  const store = new SessionStore(log, { actor });
  if (kind === "write") await written(store, [id], state);
  else if (kind === "write-all") await written(store, IDS, state);
  else if (kind === "delete") await tried(() => store.delete(id));
  else if (kind === "undo") await tried(() => undo(store));
  else if (kind === "redo") await tried(() => redo(store));
  else if (kind === "force") await tried(() => undo(store, { session: id, force: true }));
  else {
    const offset = 1 + (pick % Math.max(1, (await log.tail()).offset));
    await tried(() => revertSession(store, id, pick % 2 === 0 ? { event: offset } : { to: offset }));
  }
}

/** Sessions take this state, in one append. */
async function written(store: SessionStore, ids: readonly string[], state: JsonObject): Promise<void> {
  await store.changeMany(({ documents }) =>
    ids.map((id) => {
      const record = { ...state, session: id };
      const there = documents.get(id);
      const patch = [{ op: "replace", path: "", value: record }];
      return there === undefined || there.deleted !== null
        ? { id, events: [{ type: "session.created", data: { record } }] }
        : { id, events: [{ type: "session.updated", data: { patch } }] };
    }),
  );
}

async function played(deeds: readonly Deed[]): Promise<MemoryLog> {
  const log = new MemoryLog();
  for (const one of deeds) await does(log, one);
  return log;
}

async function states(log: MemoryLog): Promise<string> {
  const { documents } = await new SessionStore(log).list();
  return canonicalText(documents.map(({ id, record }) => [id, record]).sort());
}

async function forEachHistory(law: (log: MemoryLog, ada: SessionStore) => Promise<void>, deeds = history) {
  await fc.assert(
    fc.asyncProperty(deeds, async (all) => {
      const log = await played(all);
      await law(log, new SessionStore(log, { actor: "ada" }));
    }),
    OFTEN,
  );
}

test("law: an undo and its redo are as if nothing had been", async () => {
  await forEachHistory(async (log, ada) => {
    const before = await states(log);
    if ((await tried(() => undo(ada))) === undefined) return expect(await states(log)).toBe(before);
    const { sessions } = await redo(ada);
    expect(sessions.flatMap(({ conflicts }) => conflicts)).toEqual([]);
    expect(await states(log)).toBe(before);
  });
});

test("law: n undos and n redos pass through the same states in the opposite order", async () => {
  await forEachHistory(async (log, ada) => {
    const passed = [await states(log)];
    while ((await tried(() => undo(ada))) !== undefined) passed.push(await states(log));
    for (const state of passed.toReversed().slice(1)) {
      await redo(ada);
      expect(await states(log)).toBe(state);
    }
  });
});

test("law: who was alone and undoes everything has nothing", async () => {
  await forEachHistory(async (log, ada) => {
    for (;;) {
      const done = await undo(ada).catch((error: { code?: string }) => error);
      if ("code" in done) {
        expect(done).toMatchObject({ code: "NOTHING_TO_UNDO" });
        break;
      }
      expect((done as Undone).sessions.flatMap(({ conflicts }) => conflicts)).toEqual([]);
    }
    expect(await states(log)).toBe("[]");
  }, lone);
});

/** Fails where an undo changes a value that its actor did not set. An undo gives values back to who had set them before. */
function expectOnlyOwnUndone(steps: readonly RecordStep[]): void {
  let owners = new Map<string, string>();
  const ownersBefore = new Map<number, ReadonlyMap<string, string>>();
  for (const { event, before, after } of steps) {
    ownersBefore.set(event.offset, owners);
    owners = new Map(owners);
    const span = takenBackBy(event);
    const undone = span && steps.find(({ event }) => isWithin(event.offset, span));
    for (const { path, ...values } of leafChanges(before, after)) {
      // An empty object is no value but a place for members: filling and emptying it are about the members.
      if (isObject(values.before) || isObject(values.after)) continue;
      if (undone !== undefined) expect([path, owners.get(path)]).toEqual([path, event.actor]);
      const owner = undone === undefined ? event.actor : ownersBefore.get(undone.event.offset)?.get(path);
      owners.set(path, owner ?? "nobody");
    }
  }
}

const plain = history.map((all) => all.filter(({ kind }) => kind.startsWith("write") || kind === "delete"));

test("law: an undo touches no value that somebody else has set", async () => {
  await forEachHistory(async (log, ada) => {
    while ((await tried(() => undo(ada))) !== undefined);
    while ((await tried(() => undo(new SessionStore(log, { actor: "bob" })))) !== undefined);
    for (const id of IDS) expectOnlyOwnUndone((await tried(() => recordSteps(log, id))) ?? []);
  }, plain);
});

test("law: a new change after an undo leaves nothing to redo", async () => {
  await forEachHistory(async (log, ada) => {
    await tried(() => undo(ada));
    await written(ada, ["new"], {});
    await expect(redo(ada)).rejects.toMatchObject({ code: "NOTHING_TO_REDO" });
    await undo(ada);
    expect(await ada.load("new")).toBeNull();
    expect((await log.tail()).offset).toBeGreaterThan(1);
  });
});

test("law: a dry run says what would be done, and an append has all of an undo", async () => {
  await forEachHistory(async (log, ada) => {
    const before = await log.tail();
    const dry = await tried(() => undo(ada, { dryRun: true }));
    expect(await log.tail()).toEqual(before);
    const done = await tried(() => undo(ada));
    expect(done?.sessions).toEqual(dry?.sessions);
    expect(new Set(done?.events.map(({ commit }) => commit)).size).toBe(done === undefined ? 0 : 1);
  });
});
