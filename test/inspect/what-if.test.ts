import { expect, test } from "vitest";
import { stateAt } from "../../src/inspect/state-at.js";
import { whatIf } from "../../src/inspect/what-if.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { ID, logOf, states } from "./histories.js";

async function prSession(): Promise<MemoryLog> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  await store.create({ session: ID, branch: "main" });
  await store.update(ID, { prState: { exists: true } });
  await store.update(ID, { prState: { exists: false } });
  await store.update(ID, { branch: "x" });
  return log;
}

test("without an event, the later ones are applied all the same; what no longer applies is told", async () => {
  const log = await prSession();
  const { changes, lost, record } = await whatIf(log, ID, { skip: [2] });
  expect(changes).toEqual([{ path: "/prState/exists", before: false, after: undefined }]);
  expect(lost).toMatchObject([{ offset: 3, why: expect.stringContaining("nothing at") }]);
  expect(record).toEqual({ session: ID, branch: "x" });
  expect((await log.tail()).offset).toBe(4);
});

test("an event that sets another value, and later ones that set it again", async () => {
  const log = await prSession();
  const set = [
    { offset: 1, path: "/branch", value: "lost" },
    { offset: 2, path: "/status", value: "OPEN" },
  ];
  expect((await whatIf(log, ID, { set })).changes).toEqual([{ path: "/status", before: undefined, after: "OPEN" }]);
});

test("nothing to imagine, events of others, and another id are errors", async () => {
  const log = await prSession();
  await expect(whatIf(log, ID, {})).rejects.toMatchObject({ code: "NOTHING_TO_CHANGE" });
  await expect(whatIf(log, ID, { skip: [9] })).rejects.toMatchObject({ code: "EVENT_NOT_FOUND" });
  const set = [{ offset: 1, path: "/session", value: "b" }];
  await expect(whatIf(log, ID, { set })).rejects.toMatchObject({ code: "SESSION_ID_FIXED" });
});

test("law: without the last event, the record is the one before it", async () => {
  await fc.assert(
    fc.asyncProperty(states, async (all) => {
      const { log, store } = await logOf(all);
      const last = (await store.history(ID)).at(-1)?.offset as number;
      const { record, lost } = await whatIf(log, ID, { skip: [last] });
      expect([record, lost]).toEqual([await stateAt(log, ID, last - 1), []]);
    }),
  );
});
