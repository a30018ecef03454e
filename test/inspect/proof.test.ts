import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { allEvents, event } from "../../src/conformance/target.js";
import { checkProof } from "../../src/inspect/check-proof.js";
import type { EventFilter } from "../../src/inspect/event-filter.js";
import { writeProof } from "../../src/inspect/write-proof.js";
import { SealedEvent, storedDataHash } from "../../src/log/event.js";
import type { EventLog, OffsetRange } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";
import { filters, isMeant, mixedLog, mixedLogs } from "./mixed-logs.js";

let folder = "";
let file = "";

beforeEach(() => {
  folder = tempDir();
  file = join(folder, "proof.jsonl");
});

/** 1 and 2 by ada, 3 by claude, 4 by ada. */
async function fourEvents(): Promise<MemoryLog> {
  const log = new MemoryLog();
  for (const [actor, stream] of [
    ["ada", "session-a"],
    ["ada", "session-b"],
    ["claude", "session-a"],
    ["ada", "other-1"],
  ] as const) {
    const data = { patch: [{ op: "replace", path: "/branch", value: "é🚀" }] };
    await log.append({ stream, events: [event("session.updated", data, { meta: { reason: "{}" } })] }, { actor });
  }
  return log;
}

async function proofOf(filter: EventFilter, log?: EventLog): Promise<string> {
  rmSync(file, { force: true });
  await writeProof(log ?? (await fourEvents()), filter, file);
  return readFileSync(file, "utf8");
}

async function checkText(text: string | Buffer, expectHead?: string) {
  writeFileSync(file, text);
  return checkProof(file, expectHead === undefined ? {} : { expectHead });
}

async function codeOf(check: Promise<unknown>): Promise<string> {
  return check.then(
    () => "ok",
    (error) => error.code,
  );
}

/** As somebody would who knows the format: with a digest that is right again. */
function resealed(lines: readonly string[], end: object = {}): string {
  const body = lines.slice(0, -1).map((line) => `${line}\n`);
  const digest = createHash("sha256").update(body.join("")).digest("hex");
  return `${body.join("")}${JSON.stringify({ ...JSON.parse(lines.at(-1) as string), ...end, digest })}\n`;
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n");
}

test("a proof of any filter over any log checks, and counts what matches", async () => {
  await fc.assert(
    fc.asyncProperty(mixedLogs, filters, fc.option(fc.nat(15), { nil: undefined }), async (plan, filter, head) => {
      const log = await mixedLog(plan);
      const options = { force: true, ...(head === undefined || head < 3 ? {} : { head }) };
      const written = await writeProof(log, filter, file, options);
      const report = await checkProof(file, { expectHead: written.head.hash });
      const matching = (await allEvents(log)).filter(
        (one) => one.offset <= written.head.offset && isMeant(filter, one),
      );
      expect(report).toMatchObject({ ...written, matched: matching.length, withoutData: 0 });
    }),
    { numRuns: 150 },
  );
});

type Edit = (text: string, at: number, char: string) => string;
const EDITS: readonly Edit[] = [
  (text, at, char) => text.slice(0, at) + char + text.slice(at + 1),
  (text, at) => text.slice(0, at) + text.slice(at + 1),
  (text, at, char) => text.slice(0, at) + char + text.slice(at),
];

test("no character can be changed, added or taken away", async () => {
  await fc.assert(
    fc.asyncProperty(
      mixedLogs,
      filters,
      fc.nat(),
      fc.constantFrom(...'01af"{}[]:, \n\r\\xé\u0000'),
      fc.constantFrom(...EDITS),
      async (plan, filter, place, char, edit) => {
        const text = await proofOf(filter, await mixedLog(plan));
        const edited = edit(text, place % text.length, char);
        fc.pre(edited !== text);
        expect(await codeOf(checkText(edited))).toMatch(/^PROOF_/);
      },
    ),
    { numRuns: 1500 },
  );
});

test("no place of one proof can be changed", async () => {
  const text = await proofOf({ actors: ["ada"] });
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "1" ? "2" : "1";
    const edited = text.slice(0, at) + other + text.slice(at + 1);
    expect(await codeOf(checkText(edited)), `at ${at}: ${edited.slice(at - 20, at + 20)}`).toMatch(/^PROOF_/);
  }
});

test("a file cut short anywhere is refused", async () => {
  const bytes = Buffer.from(await proofOf({ paths: ["branch"] }));
  for (let length = 0; length < bytes.length; length++) {
    expect(await codeOf(checkText(bytes.subarray(0, length))), `${length} bytes`).toMatch(
      length < 9 ? /^PROOF_INVALID$/ : /^PROOF_CUT_SHORT$/,
    );
  }
});

describe("who reseals the digest is found by the chain", () => {
  test.each<[string, string, number, (lines: string[]) => string[]]>([
    ["a line dropped", "PROOF_BROKEN", 3, (lines) => lines.toSpliced(2, 1)],
    ["a line doubled", "PROOF_BROKEN", 4, (lines) => lines.toSpliced(2, 0, lines[2] as string)],
    ["two lines swapped", "PROOF_BROKEN", 2, ([h = "", a = "", b = "", ...more]) => [h, b, a, ...more]],
    ["the last events dropped", "PROOF_CUT_SHORT", 5, (lines) => lines.toSpliced(4, 1)],
    ["an actor edited", "PROOF_BROKEN", 2, (lines) => replaced(lines, 1, "ada", "eve")],
    ["data edited", "PROOF_BROKEN", 2, (lines) => replaced(lines, 1, "é", "e")],
    ["a hidden event edited", "PROOF_BROKEN", 4, (lines) => replaced(lines, 3, "claude", "ada")],
    ["a reason edited", "PROOF_BROKEN", 2, (lines) => replaced(lines, 1, '"reason":"{}"', '"reason":"x"')],
    ["commit edited", "PROOF_BROKEN", 2, (lines) => replaced(lines, 1, '"commit":1', '"commit":2')],
    ["white space", "PROOF_BROKEN", 2, (lines) => replaced(lines, 1, '"offset":1', '"offset": 1')],
    ["another head", "PROOF_BROKEN", 1, (lines) => replaced(lines, 0, /"hash":"\w{8}(?=\w+"}}$)/, '"hash":"00000000')],
    ["a smaller head", "PROOF_BROKEN", 1, (lines) => replaced(lines, 0, '"offset":4', '"offset":3')],
    [
      "a later beginning",
      "PROOF_BROKEN",
      1,
      (lines) => replaced(lines, 0, '"after":{"offset":0', '"after":{"offset":1'),
    ],
    ["a narrower filter", "PROOF_BROKEN", 2, (lines) => replaced(lines, 0, '["ada"]', '["eve"]')],
    ["a wider filter", "PROOF_MISCOUNTED", 6, (lines) => replaced(lines, 0, '["ada"]', '["*a*"]')],
    ["a filter that is none", "PROOF_BROKEN", 1, (lines) => replaced(lines, 0, '["ada"]', '[""]')],
    ["a key twice", "PROOF_BROKEN", 1, (lines) => replaced(lines, 0, '"filter":', '"filter":{},"filter":')],
  ])("%s: %s in line %i", async (_what, code, line, edit) => {
    const lines = edit(linesOf(await proofOf({ actors: ["ada"] })));
    await expect(checkText(resealed(lines))).rejects.toMatchObject({ code, line });
  });

  test("something behind the end", async () => {
    const text = await proofOf({});
    const end = linesOf(text).at(-1) as string;
    await expect(checkText(`${text}${end}\n`)).rejects.toMatchObject({ code: "PROOF_BROKEN", line: 7 });
  });

  test("a count that is wrong", async () => {
    const lines = linesOf(await proofOf({ actors: ["ada"] }));
    await expect(checkText(resealed(lines, { matched: 4 }))).rejects.toMatchObject({
      code: "PROOF_MISCOUNTED",
      line: 6,
    });
    await expect(checkText(resealed(lines, { events: 5 }))).rejects.toMatchObject({ code: "PROOF_CHANGED", line: 6 });
  });

  function replaced(lines: string[], index: number, what: string | RegExp, by: string): string[] {
    const edited = (lines[index] as string).replace(what, by);
    expect(edited).not.toBe(lines[index]);
    return lines.with(index, edited);
  }
});

test("what others wrote stays hidden, and what is asked for is whole", async () => {
  const lines = linesOf(await proofOf({ actors: ["claude"] }));
  expect(lines.filter((line) => line.includes('"data":'))).toHaveLength(1);
  expect(lines.filter((line) => line.includes("é🚀") || line.includes('"salt"'))).toEqual([lines[3]]);
});

/** What a proof reads of a log, with other events in it. */
function changed(log: MemoryLog, change: (event: SealedEvent) => SealedEvent): EventLog {
  return {
    url: "memory:",
    tail: () => log.tail(),
    readAll: async function* (range?: OffsetRange) {
      for await (const page of log.readAll(range)) yield page.map(change);
    },
  } as unknown as EventLog;
}

/** The log after somebody has erased the data of these events. */
function redacted(log: MemoryLog, ...offsets: number[]): EventLog {
  return changed(log, (one) => {
    const erased = { dataText: null, salt: null, dataHash: storedDataHash(one) };
    return offsets.includes(one.offset) ? new SealedEvent({ ...one, ...erased }) : one;
  });
}

test("redacted events are proven too, and said to be without data", async () => {
  const log = redacted(await fourEvents(), 1, 3);
  await proofOf({ actors: ["ada"] }, log);
  expect(await checkProof(file)).toMatchObject({ matched: 3, withoutData: 1, undecided: 0 });
  await proofOf({ paths: ["branch"] }, log);
  expect(await checkProof(file)).toMatchObject({ matched: 1, withoutData: 0, undecided: 2 + 1 });
});

test("a proof begins where its range begins, and reaches to the head", async () => {
  const lines = linesOf(await proofOf({ since: 2, until: 3 }));
  expect(lines).toHaveLength(1 + 2 + 1);
  expect(await checkProof(file)).toMatchObject({ after: { offset: 2 }, head: { offset: 4 }, events: 2, matched: 1 });
  await proofOf({}, new MemoryLog());
  expect(await checkProof(file)).toMatchObject({ head: { offset: 0 }, events: 0, matched: 0 });
  await proofOf({ since: 99 });
  expect(await checkProof(file)).toMatchObject({ after: { offset: 4 }, head: { offset: 4 }, events: 0, matched: 0 });
});

test("another head than the one expected is refused", async () => {
  const text = await proofOf({});
  const { hash } = (await checkProof(file)).head;
  expect(await codeOf(checkText(text, hash.slice(0, 8).toUpperCase()))).toBe("ok");
  expect(await codeOf(checkText(text, "0".repeat(64)))).toBe("PROOF_OTHER_HEAD");
  expect(await codeOf(checkText(text, hash.slice(0, 7)))).toBe("ARGUMENT_INVALID");
});

test.each<[string, string, string | Buffer]>([
  ["an empty file", "PROOF_INVALID", ""],
  ["text", "PROOF_INVALID", "hello\n"],
  ["a log", "PROOF_INVALID", '{"v":1,"offset":1}\n'],
  ["bytes without a line", "PROOF_INVALID", Buffer.alloc(100_000, 0xff)],
  ["a byte order mark", "PROOF_INVALID", '\ufeff{"proof":1}\n'],
  ["a newer proof", "PROOF_FORMAT_UNKNOWN", '{"proof":3,"x":1}\n'],
  ["a header of something else", "PROOF_BROKEN", '{"proof":1}\n'],
  ["a line without end", "PROOF_CUT_SHORT", `{"proof":1${" ".repeat(20 * 1024 * 1024)}`],
])("%s is no proof: %s", async (_what, code, text) => {
  expect(await codeOf(checkText(text))).toBe(code);
});

describe("the file", () => {
  test("is for its owner only, and nothing is left beside it", async () => {
    await proofOf({});
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["proof.jsonl"]);
  });

  test("is never replaced unasked, and another file not even then", async () => {
    const log = await fourEvents();
    const first = await proofOf({});
    expect(await codeOf(writeProof(log, { actors: ["ada"] }, file))).toBe("PROOF_EXISTS");
    expect(readFileSync(file, "utf8")).toBe(first);
    await writeProof(log, { actors: ["ada"] }, file, { force: true });
    expect(await checkProof(file)).toMatchObject({ matched: 3 });
    writeFileSync(file, "the log itself");
    expect(await codeOf(writeProof(log, {}, file, { force: true }))).toBe("PROOF_EXISTS");
    symlinkSync("/nowhere", join(folder, "link"));
    expect(await codeOf(writeProof(log, {}, join(folder, "link"), { force: true }))).toBe("PROOF_EXISTS");
    expect(await codeOf(writeProof(log, {}, folder, { force: true }))).toBe("PROOF_EXISTS");
    expect(readFileSync(file, "utf8")).toBe("the log itself");
  });

  test.each<[string, string, (log: MemoryLog) => Promise<unknown>]>([
    ["an unknown session", "SESSION_NOT_FOUND", (log) => writeProof(log, { sessions: ["nope"] }, file)],
    ["a pattern that is none", "GLOB_INVALID", (log) => writeProof(log, { actors: [""] }, file)],
    ["a folder that is not there", "PROOF_FILE_FAILED", (log) => writeProof(log, {}, join(folder, "no/proof"))],
    ["no file to check", "PROOF_NOT_FOUND", () => checkProof(file)],
    ["a folder to check", "PROOF_INVALID", () => checkProof(folder)],
  ])("%s: %s", async (_what, code, act) => {
    expect(await codeOf(act(await fourEvents()))).toBe(code);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("an abort in the middle leaves nothing", async () => {
    const controller = new AbortController();
    const onRead = (offset: number) => {
      if (offset === 2) controller.abort(new Error("enough"));
    };
    const { signal } = controller;
    await expect(writeProof(await fourEvents(), {}, file, { signal, onRead })).rejects.toThrow("enough");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a log that is broken gives none", async () => {
    const log = await fourEvents();
    const broken = changed(log, (one) => (one.offset === 2 ? new SealedEvent({ ...one, actor: "eve" }) : one));
    expect(await codeOf(writeProof(broken, {}, file))).toBe("CHAIN_BROKEN");
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("a proof of events with names that need escapes, and of large ones", async () => {
  const log = new MemoryLog();
  const names = { stream: 'session-"\\é', events: [event('t"', "x".repeat(3_000_000)), event("t\\", { "}": "{" })] };
  await log.append(names, { actor: 'a"b' });
  await proofOf({}, log);
  expect(await checkProof(file)).toMatchObject({ matched: 2, withoutData: 0 });
});
