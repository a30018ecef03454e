import { expect, test } from "vitest";
import {
  archiveBefore,
  audit,
  bisect,
  blame,
  CrossDatabaseMigrator,
  diff,
  type EventLog,
  erase,
  follow,
  listEvents,
  logStats,
  openStore,
  partitionLog,
  planErasure,
  previewRevert,
  redo,
  restoreArchive,
  revertSession,
  type SessionStore,
  searchEvents,
  sessionLog,
  subscribe,
  undo,
  whatIf,
} from "../../src/index.js";
import { cleanUp } from "../support/clean-up.js";

/** As a caller whom no compiler checks. */
const unchecked = (value: unknown) => value as never;

async function threeEvents(): Promise<SessionStore> {
  const store = await openStore("memory:", { actor: "user:ada" });
  cleanUp(() => store.close());
  await store.create({ session: "a", branch: "main" });
  await store.update("a", { branch: "b" });
  await store.update("a", { branch: "c" });
  return store;
}

async function all(events: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const event of events) found.push(event);
  return found;
}

const QUESTIONS: ReadonlyArray<readonly [string, (log: EventLog) => Promise<unknown>]> = [
  ["audit's filter", (log) => all(audit(log, unchecked({ actor: ["agent:*"] })))],
  ["audit", (log) => all(audit(log, {}, unchecked({ heads: 1 })))],
  ["listEvents", (log) => all(listEvents(log, {}, unchecked({ limits: 1 })))],
  ["searchEvents", (log) => searchEvents(log, {}, unchecked({ text: "a", limt: 1 }))],
  ["logStats", (log) => logStats(log, {}, unchecked({ heads: 1 }))],
  ["sessionLog", (log) => all(sessionLog(log, "a", unchecked({ actors: "agent:*" })))],
  ["diff", (log) => diff(log, "a", unchecked({ from: 1, to: 3, paths: "/branch" }))],
  ["blame", (log) => blame(log, "a", unchecked({ paths: "/branch" }))],
  ["bisect", (log) => bisect(log, "a", unchecked({ good: 1, bad: 3, verdict: () => "bad", judge: 1 }))],
  ["whatIf", (log) => whatIf(log, "a", unchecked({ skip: [2], sets: [] }))],
  ["follow", (log) => all(follow(log, unchecked({ from: 3 })))],
  ["subscribe", (log) => all(subscribe(log, unchecked({ from: 3 })))],
];

test.each(QUESTIONS)(
  "a misspelt option of %s is refused: its answer would be that to another question",
  async (_of, ask) => {
    const { log } = await threeEvents();
    await expect(ask(log)).rejects.toThrow(/ has no option "/);
  },
);

test("a past that is misspelt is not answered by the present", async () => {
  const store = await threeEvents();
  const misspelt = unchecked({ asof: 1 });
  for (const answer of [
    store.load("a", misspelt),
    store.get("a", misspelt),
    store.list(misspelt),
    store.folded(misspelt),
    store.settings(misspelt),
    store.history("a", misspelt),
    store.at(1, unchecked({ sesion: "a" })),
  ]) {
    await expect(answer).rejects.toThrow(/ has no option "/);
  }
});

test("a misspelt or missing dry run takes nothing back", async () => {
  const store = await threeEvents();
  await expect(undo(store, unchecked({ dryrun: true }))).rejects.toThrow(/dryRun was meant/);
  await expect(redo(store, unchecked({ dryrun: true }))).rejects.toThrow(/dryRun was meant/);
  await expect(revertSession(store, "a", { event: 2 }, unchecked({ dryRun: true }))).rejects.toThrow(TypeError);
  await expect(revertSession(store, "a", unchecked({ event: 2, forse: true }))).rejects.toThrow(/force was meant/);
  await expect(previewRevert(store, "a", unchecked({ to: 2, event: 2 }))).rejects.toThrow(TypeError);
  expect((await store.log.tail()).offset).toBe(3);
});

test("an erasure that is misspelt erases nothing", async () => {
  const { log } = await threeEvents();
  const before = await log.tail();
  // Without its session the path would be erased in all of them, and there is no dry run: that is planErasure.
  await expect(erase(log, unchecked({ path: "/branch", sesion: "b" }))).rejects.toMatchObject({
    code: "REDACTION_INVALID",
  });
  await expect(erase(log, unchecked({ events: [2], session: "b" }))).rejects.toMatchObject({
    code: "REDACTION_INVALID",
  });
  await expect(erase(log, { events: [2] }, unchecked({ dryRun: true }))).rejects.toThrow(/planErasure/);
  await expect(planErasure(log, { events: [2] }, unchecked({ why: "x" }))).rejects.toThrow(TypeError);
  expect(await log.tail()).toEqual(before);
});

test("a misspelt option moves no events, and cuts none off", async () => {
  const { log } = await threeEvents();
  const migrator = new CrossDatabaseMigrator();
  expect(() => new CrossDatabaseMigrator(unchecked({ saveFoldr: "." }))).toThrow(/saveFolder was meant/);
  const misspelt = unchecked({ dryRn: true });
  for (const act of [
    migrator.planMigration("memory:", "sqlite:./none.db", misspelt),
    migrator.executeMigration(unchecked({}), misspelt),
    migrator.planRollback("1", misspelt),
    migrator.rollbackMigration("1", misspelt),
    migrator.restore("none.jsonl", "memory:", misspelt),
    archiveBefore(log, 2, "none.archive", misspelt),
    restoreArchive(log, "none.archive", misspelt),
    partitionLog("postgres://127.0.0.1:1/none", misspelt),
  ]) {
    await expect(act).rejects.toThrow(/ has no option "dryRn"/);
  }
});
