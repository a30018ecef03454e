import { expect, test } from "vitest";
import { leafChanges } from "../../projections/json-leaves.js";
import { blame } from "../../src/inspect/blame.js";
import { stateAt } from "../../src/inspect/state-at.js";
import type { Json } from "../../src/log/canonical.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { ID, logOf, states } from "./histories.js";

async function prSession(): Promise<MemoryLog> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  await store.create({ session: ID, prState: { exists: true, branchName: "pr/a" } });
  await store.update(ID, { prState: { exists: false, branchName: "pr/a" } }, { actor: "codex", reason: "sync" });
  await store.update(ID, { branch: "x" });
  await store.update(ID, ({ branch, ...rest }) => rest, { reason: "gone" });
  return log;
}

test("each value has the event that set it, and the value before with its event", async () => {
  expect(await blame(await prSession(), ID, { path: "/prState" })).toMatchObject([
    { path: "/prState/branchName", value: "pr/a", set: { version: 1, actor: "ada" }, previous: undefined },
    {
      path: "/prState/exists",
      value: false,
      set: { version: 2, offset: 2, actor: "codex", reason: "sync" },
      previous: { value: true, set: { version: 1 } },
    },
  ]);
});

test("depth tells an object as one value", async () => {
  const entries = await blame(await prSession(), ID, { depth: 1 });
  expect(entries.map(({ path, set }) => [path, set.version])).toEqual([
    ["/prState", 2],
    ["/session", 1],
  ]);
  expect(await blame(await prSession(), ID, { path: "/prState", depth: 0 })).toMatchObject([{ path: "/prState" }]);
});

test("what is gone comes with the event that removed it", async () => {
  expect(await blame(await prSession(), ID, { path: "/branch" })).toMatchObject([
    { path: "/branch", value: undefined, set: { version: 4, reason: "gone" }, previous: { value: "x" } },
  ]);
});

test("a path that never was is an error, and so is one that was not yet", async () => {
  const log = await prSession();
  await expect(blame(log, ID, { path: "/nope" })).rejects.toMatchObject({ code: "PATH_NOT_FOUND" });
  await expect(blame(log, ID, { path: "/branch", toOffset: 2 })).rejects.toMatchObject({ code: "PATH_NOT_FOUND" });
});

test("law: the event of a value is the last one that changed it, and what was before is what it replaced", async () => {
  await fc.assert(
    fc.asyncProperty(states, async (all) => {
      const { log } = await logOf(all);
      const { offset: tail } = await log.tail();
      const records: (Json | undefined)[] = [undefined];
      for (let offset = 1; offset <= tail; offset++) records.push((await stateAt(log, ID, offset)) ?? undefined);
      const leaves = new Map(leafChanges(undefined, records[tail]).map(({ path, after }) => [path, after]));
      const entries = await blame(log, ID);
      if (leaves.size > 0) expect(new Map(entries.map(({ path, value }) => [path, value]))).toEqual(leaves);
      for (const { path, set } of entries) {
        let last = 0;
        for (let offset = 1; offset <= tail; offset++) {
          if (leafChanges(records[offset - 1], records[offset]).some((change) => change.path === path)) last = offset;
        }
        expect(set.offset).toBe(last);
      }
    }),
  );
});
