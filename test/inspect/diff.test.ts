import { expect, test } from "vitest";
import { isObject, own, valueAt } from "../../projections/json-leaves.js";
import { applyPatch, type JsonObject, withMember, without } from "../../projections/json-patch.js";
import { diff, jsonPatchOf } from "../../src/inspect/diff.js";
import { mergePatchBetween } from "../../src/inspect/merge-patch.js";
import { stateAt } from "../../src/inspect/state-at.js";
import { canonicalText, type Json } from "../../src/log/canonical.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { forkSession } from "../../src/session/fork-session.js";
import { previewRevert, revertSession } from "../../src/session/revert-session.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { ID, logOf, states } from "./histories.js";

/** MergePatch of RFC 7396, section 2. */
function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  let result: JsonObject = isObject(target) ? target : {};
  for (const key of Object.keys(patch)) {
    const value = own(patch, key) as Json;
    result =
      value === null ? without(result, key) : withMember(result, key, mergePatch(own(result, key) ?? null, value));
  }
  return result;
}

async function prSession(): Promise<MemoryLog> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  await store.create({ session: ID, branch: "main" });
  await store.update(ID, { prState: { exists: true, branchName: "pr/a" } }, { actor: "claude", reason: "prepare" });
  await store.update(ID, { prState: { exists: false, branchName: "pr/a" } }, { actor: "codex", reason: "sync" });
  await store.update(ID, { branch: null });
  return log;
}

test("each difference comes with the event that made it so", async () => {
  const found = await diff(await prSession(), ID, { from: 1, to: 3 });
  expect([found.from.version, found.to.version, found.events]).toEqual([1, 3, 2]);
  expect(found.changes.map(({ path, before, after, set }) => [path, before, after, set?.actor, set?.reason])).toEqual([
    ["/prState/branchName", undefined, "pr/a", "claude", "prepare"],
    ["/prState/exists", undefined, false, "codex", "sync"],
  ]);
});

test("the way back names the same events", async () => {
  const { changes } = await diff(await prSession(), ID, { from: 3, to: 2 });
  expect(changes).toMatchObject([{ before: false, after: true, set: { offset: 3 } }]);
});

test("a path narrows the difference and its patch", async () => {
  const found = await diff(await prSession(), ID, { from: 1, to: 3, path: "/prState/exists" });
  expect(found.changes.map(({ path }) => path)).toEqual(["/prState/exists"]);
  expect(jsonPatchOf(found)).toEqual([{ op: "add", path: "/prState", value: { exists: false } }]);
});

test("a merge patch cannot set null, and says so", async () => {
  const { before, after } = await diff(await prSession(), ID, { from: 3, to: 4 });
  expect(() => mergePatchBetween(before, after)).toThrow(
    expect.objectContaining({ code: "MERGE_PATCH_IMPOSSIBLE", message: expect.stringContaining("/branch") }),
  );
});

test("a session that nobody knows is an error; one that is not there yet is nothing", async () => {
  const log = await prSession();
  await expect(diff(log, "nobody", { from: 0, to: 1 })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  const { before, from } = await diff(log, ID, { from: 0, to: 1 });
  expect([before, from.version]).toEqual([null, 0]);
});

test("law: A with the patch of A..B applied is B", async () => {
  await fc.assert(
    fc.asyncProperty(states, fc.nat(), fc.nat(), async (all, a, b) => {
      const { log } = await logOf(all);
      const length = (await log.tail()).offset + 1;
      const [from, to] = [a % length, b % length];
      fc.pre(Math.max(from, to) > 1); // else there never was such a session
      const [A, B] = [await stateAt(log, ID, from), await stateAt(log, ID, to)];
      // A session that went is null, which is no object: that one operation stands for itself.
      const patch = jsonPatchOf(await diff(log, ID, { from, to }));
      if (B === null) expect(patch).toEqual(A === null ? [] : [{ op: "replace", path: "", value: null }]);
      else expect(canonicalText(applyPatch(A ?? {}, patch))).toBe(canonicalText(B));
    }),
  );
});

test("law: what a merge patch can say, it says rightly; it refuses only nulls", async () => {
  await fc.assert(
    fc.asyncProperty(states, async (all) => {
      const { log } = await logOf(all);
      const { before, after } = await diff(log, ID, { from: 2, to: (await log.tail()).offset });
      try {
        expect(canonicalText(mergePatch(before, mergePatchBetween(before, after)))).toBe(canonicalText(after));
      } catch (error) {
        if ((error as { code?: string }).code !== "MERGE_PATCH_IMPOSSIBLE") throw error;
        expect(canonicalText(after)).toContain("null");
      }
    }),
  );
});

test("law: a difference names the last event between the ends that changed its place", async () => {
  await fc.assert(
    fc.asyncProperty(states, fc.nat(), async (all, a) => {
      const { log } = await logOf(all);
      const { offset: to } = await log.tail();
      const from = a % to;
      for (const { path, set } of (await diff(log, ID, { from, to })).changes) {
        const at = async (offset: number) => {
          const value = valueAt((await stateAt(log, ID, offset)) ?? undefined, path);
          return value === undefined ? undefined : canonicalText(value);
        };
        let last = from;
        for (let offset = from + 1; offset <= to; offset++)
          if ((await at(offset)) !== (await at(offset - 1))) last = offset;
        expect(set?.offset).toBe(last);
      }
    }),
    { numRuns: 40 },
  );
});

test("an end that the log does not have is an error, and no state of the tail under another name", async () => {
  const log = await prSession();
  const store = new SessionStore(log);
  const { offset } = await log.tail();
  const asked = (at: number) => [
    () => diff(log, ID, { from: at, to: 1 }),
    () => diff(log, ID, { from: 1, to: at }),
    () => stateAt(log, ID, at),
    () => forkSession(store, ID, { at, as: "b" }),
    () => revertSession(store, ID, { to: at }),
    () => previewRevert(store, ID, { to: at }),
  ];
  for (const at of [offset + 1, 1e15, -1, Number.POSITIVE_INFINITY]) {
    for (const ask of asked(at)) await expect(ask()).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
  }
  for (const at of [Number.NaN, 1.5, undefined as unknown as number, "1" as unknown as number]) {
    for (const ask of asked(at).filter((_, i) => at !== undefined || i !== 2)) {
      await expect(ask()).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    }
  }
  expect((await log.tail()).offset).toBe(offset);
});
