import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, event } from "../../src/conformance/target.js";
import { envelopeMatcher, eventMatcher, pathMatcher } from "../../src/inspect/event-filter.js";
import { eventPaths } from "../../src/inspect/event-paths.js";
import { globMatcher, MAX_GLOB_CHARS } from "../../src/inspect/glob.js";
import { SealedEvent } from "../../src/log/event.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { fc } from "../support/fast-check.js";

const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", ".", "🚀", "\n", "["), maxLength: 8 });

/** The definition, without any thought of speed. */
function naive([g, ...glob]: readonly string[], [t, ...text]: readonly string[]): boolean {
  if (g === undefined) return t === undefined;
  if (g === "*")
    return naive(glob, t === undefined ? [] : [t, ...text]) || (t !== undefined && naive([g, ...glob], text));
  return t !== undefined && (g === "?" || g === t) && naive(glob, text);
}

describe("globs", () => {
  test("match as they are defined", () => {
    fc.assert(
      fc.property(letters, letters, (glob, text) => {
        fc.pre(glob !== "");
        expect(globMatcher(glob)(text)).toBe(naive([...glob], [...text]));
      }),
      { numRuns: 2000 },
    );
  });

  test("a pattern made to be slow ends in time", () => {
    expect(globMatcher(`${"*a".repeat(200)}*b`)("a".repeat(50_000))).toBe(false);
  });

  test.each([[""], ["x".repeat(MAX_GLOB_CHARS + 1)]])("%j is refused", (glob) => {
    expect(() => globMatcher(glob)).toThrow(expect.objectContaining({ code: "GLOB_INVALID" }));
  });
});

test.each<[pattern: string, path: string, expected: boolean]>([
  ["prState", "/prState", true],
  ["prState", "/prState/exists", true],
  ["prState", "/prStateOld", false],
  ["prState.*", "/prState/exists", true],
  ["prState.*", "/prState/a/b", true],
  ["prState.*", "/branch", false],
  ["prState.exists", "/prState", false],
  ["prState.*", "/prState", false],
  ["prState.exists", "/prState/branchName", false],
  ["prState.exists", "", true],
  ["*.exists", "/branch", false],
  ["*.exists", "/prState/exists", true],
  ["/prState/exists", "/prState/exists", true],
  ['labels."a.b"', "/labels/a.b", true],
  ["/labels/a.b", "/labels/a.b", true],
  ["pr?tate", "/prState/exists", true],
  ["PRSTATE", "/prState", false],
])("path %s and place %s: %s", (pattern, path, expected) => {
  expect(pathMatcher([pattern])({ path, gone: false })).toBe(expected);
});

test("a value that went takes along what lay inside, where the pattern spells its place out", () => {
  const found = (pattern: string) => pathMatcher([pattern])({ path: "/prState", gone: true });
  expect(["prState", "prState.exists", "prState.*"].map(found)).toEqual([true, true, true]);
  expect(["*.exists", "prStateOld.x", "branch"].map(found)).toEqual([false, false, false]);
});

async function sealed(type: string, data: unknown, stream = "session-a"): Promise<SealedEvent> {
  const log = new MemoryLog();
  await log.append({ stream, events: [event(type, data)] }, ACTOR);
  return (await allEvents(log))[0] as SealedEvent;
}

test.each<[string, string, unknown, string[]]>([
  [
    "the leaves of a record",
    "session.created",
    { record: { session: "a", prState: { exists: true }, tags: [1] } },
    ["/prState/exists", "/session", "/tags"],
  ],
  [
    "operations",
    "session.updated",
    {
      patch: [
        { op: "replace", path: "/a", value: 1 },
        { op: "remove", path: "/b" },
      ],
    },
    ["/a", "/b"],
  ],
  [
    "an object that comes",
    "session.updated",
    { patch: [{ op: "add", path: "/p", value: { x: 1, y: {} } }] },
    ["/p/x", "/p/y"],
  ],
  [
    "an object in the place of another",
    "session.updated",
    { patch: [{ op: "replace", path: "/p", value: { x: 1 } }] },
    ["/p", "/p/x"],
  ],
  [
    "one place twice",
    "session.updated",
    {
      patch: [
        { op: "add", path: "/a", value: 1 },
        { op: "replace", path: "/a", value: 2 },
      ],
    },
    ["/a"],
  ],
  ["odd data", "session.updated", { patch: [null, 7, { op: "add" }, { op: "add", path: "x", value: 1 }] }, []],
  ["a deletion", "session.deleted", {}, []],
  ["a stranger", "noise", { patch: [{ op: "add", path: "/a", value: 1 }] }, []],
])("paths of %s", async (_what, type, data, paths) => {
  expect(eventPaths(await sealed(type, data)).map(({ path }) => path)).toEqual(paths);
});

test("a redacted event has no paths, and still its envelope", async () => {
  const whole = await sealed("session.updated", { patch: [{ op: "remove", path: "/a" }] });
  const redacted = new SealedEvent({ ...whole, dataText: null, salt: null, dataHash: "0".repeat(64) });
  expect(eventMatcher({ paths: ["a"] })(redacted)).toBeUndefined();
  expect(eventMatcher({ actors: ["user:*"] })(redacted)).toEqual([]);
});

test("since is exclusive, until inclusive; lists are any of, conditions all of", () => {
  const at = (offset: number) => ({ offset, actor: "agent:claude", type: "session.updated", stream: "session-a" });
  const offsets = (filter: object) => [1, 2, 3, 4].filter((offset) => envelopeMatcher(filter)(at(offset)));
  expect(offsets({ since: 1, until: 3 })).toEqual([2, 3]);
  expect(offsets({ actors: ["x", "agent:*"], types: ["*.updated"], sessions: ["a", "b"] })).toEqual([1, 2, 3, 4]);
  expect(offsets({ actors: ["agent:*"], sessions: ["b"] })).toEqual([]);
  expect(offsets({ actors: [], types: [], sessions: [] })).toEqual([1, 2, 3, 4]);
  expect(() => envelopeMatcher({ since: -1 })).toThrow(TypeError);
});
