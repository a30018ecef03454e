import { expect, test } from "vitest";
import * as library from "../../src/index.js";
import { tempDir } from "../support/temp.js";

/** What TypeScript would not let through, from a caller in JavaScript. */
type Unchecked = (...given: unknown[]) => unknown;
const exported = library as unknown as Readonly<Record<string, Unchecked>>;

async function givenStores() {
  const log = await library.openLog("memory:");
  return { log, store: new library.SessionStore(log, { actor: "user:test" }) };
}

/** The error of a call, of its promise, or of its first item. */
async function failure(name: string, ...given: unknown[]): Promise<unknown> {
  try {
    const answer = (await (exported[name] as Unchecked)(...given)) as Partial<AsyncIterator<unknown>> | undefined;
    await answer?.next?.();
  } catch (error) {
    return error;
  }
  return undefined;
}

const ASK_A_LOG = [
  ...["archiveBefore", "archiveStates", "audit", "auditGroups", "bisect", "blame", "checkProjections", "collabChanges"],
  ...["collabContent", "collabHistory", "collabOverview", "collabSummary", "conversationPage", "copyLog", "diff"],
  ...["countWebSessions", "erase", "eventAt", "eventRows", "exportEvents", "findWebSession", "firstSessions", "follow"],
  ...[
    "listEvents",
    "listMarks",
    "listWebSessions",
    "logHealth",
    "logStats",
    "pathHistory",
    "planArchive",
    "planErasure",
  ],
  ...[
    "projectionStates",
    "rebuildProjections",
    "refreshCollab",
    "relate",
    "removeMark",
    "resolvePoint",
    "searchEvents",
  ],
  ...[
    "restoreArchive",
    "searchSessions",
    "sessionLog",
    "setMark",
    "signTail",
    "signedInUsers",
    "signedTails",
    "stateAt",
  ],
  ...["subscribe", "verifyLog", "verifySigned", "whatIf", "writeProof"],
];

test.each(ASK_A_LOG)("%s says what it got in the place of a log", async (name) => {
  const { log, store } = await givenStores();
  const given: readonly (readonly [unknown, string])[] = [
    [undefined, "not undefined"],
    ["jsonl:./s.jsonl", "not string"],
    [store, "not a store: pass its log"],
    [Promise.resolve(log), "not a promise of one: await it"],
  ];
  for (const [what, told] of given) {
    const message = `log is what openLog gives, ${told}`;
    expect(await failure(name, what, {}, {}, {})).toMatchObject({ name: "TypeError", message });
  }
});

const ASK_A_STORE = [
  "exportSessions",
  "forkSession",
  "importRecords",
  "mirrorSessions",
  "previewRevert",
  "redo",
  "undo",
];

test.each([...ASK_A_STORE, "revertSession"])("%s says what it got in the place of a store", async (name) => {
  const { log, store } = await givenStores();
  for (const [what, told] of [
    [log, "a log: new SessionStore(log)"],
    [Promise.resolve(store), "a promise of one: await it"],
    [undefined, "undefined"],
  ]) {
    const message = `store is a SessionStore, not ${told}`;
    expect(await failure(name, what, {}, {}, {})).toMatchObject({ name: "TypeError", message });
  }
});

test.each(["destroyAllSessions", "destroySessionsOfUser", "expireSessions", "importWebSessions"])(
  "%s says what it got in the place of a store of login sessions",
  async (name) => {
    const { store } = await givenStores();
    const message = "store is what openWebSessions gives, not object";
    expect(await failure(name, store, {}, {})).toMatchObject({ name: "TypeError", message });
  },
);

test("a projection that lacks something says what", () => {
  const declared = (projection: unknown) => () => library.defineProjection(projection as never);
  for (const nothing of [{}, null, undefined, "tasks"]) {
    expect(declared(nothing)).toThrow(/^a projection has a name; a revision, .*; idOf.*; evolve.*; fields/);
  }
  const parts = { name: "tasks", revision: 1, idOf: () => undefined, evolve: () => null, fields: {} };
  expect(declared(parts)).not.toThrow();
  expect(declared({ ...parts, evolve: undefined })).toThrow(/^a projection has evolve\(document, event\)/);
  expect(declared({ ...parts, fields: { title: {} } })).toThrow(/^field title of tasks has no of\(document\)/);
  expect(declared({ ...parts, fields: { title: { of: () => 1 } } })).toThrow(/field title of tasks: its type/);
});

test("a migration of which a side, or the plan, is missing says how it is called", async () => {
  const migrator = new library.CrossDatabaseMigrator({ saveFolder: tempDir() });
  const plan = migrator.planMigration.bind(migrator) as Unchecked;
  await expect(plan({ from: "jsonl:a.jsonl", to: "sqlite:a.db" })).rejects.toMatchObject({
    code: "TARGET_MISSING",
    hint: expect.stringContaining('planMigration("jsonl:'),
  });
  await expect(plan({ password: "p" }, "sqlite:a.db")).rejects.toMatchObject({
    code: "STORAGE_CONFIG_INVALID",
    message: "a storage is named by its backend, not by { password }",
  });
  const execute = migrator.executeMigration.bind(migrator) as Unchecked;
  const notAwaited = plan("memory:", `sqlite:${tempDir()}/a.db`);
  await expect(execute(notAwaited)).rejects.toThrow(/a plan is what planMigration.*await it/);
  await notAwaited;
  expect(() => exported.createStorageBackend?.()).toThrow(/named by its backend, not by undefined/);
});
