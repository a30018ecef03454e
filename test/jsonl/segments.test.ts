import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event } from "../../src/conformance/target.js";
import type { SealedEvent } from "../../src/log/event.js";
import type { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { fc } from "../support/fast-check.js";
import { IN_MEMORY } from "../support/temp.js";
import { fixedEntropy, freshPath, offsetsOf, open } from "./jsonl-fixture.js";

const SEGMENT = 700;

function manifestOf(path: string): {
  format: number;
  segments?: { n: number; from: number; to: number; bytes: number }[];
} {
  return JSON.parse(readFileSync(`${path}.manifest.json`, "utf8"));
}

function writeManifest(path: string, manifest: object): void {
  writeFileSync(`${path}.manifest.json`, JSON.stringify(manifest));
}

const segmentFiles = (path: string) =>
  (manifestOf(path).segments ?? []).map(({ n }) => `${path}.${String(n).padStart(6, "0")}`);

/** All of its files, in their order. */
const bytesOf = (path: string) => Buffer.concat([...segmentFiles(path), path].map((name) => readFileSync(name)));

/** Names beside the log, without what belongs to every log. */
function strays(path: string): string[] {
  const known = new Set([
    ...segmentFiles(path).map((name) => basename(name)),
    ...["", ".lock", ".manifest.json", ".sidecar"].map((end) => basename(path) + end),
  ]);
  return readdirSync(dirname(path)).filter((name) => !known.has(name) && !name.includes(".torn-"));
}

const inSegments = (path: string, start = 0) => open(path, { segmentBytes: SEGMENT, entropy: fixedEntropy(start) });

type Step =
  | { readonly do: "append"; readonly count: number; readonly stream: number }
  | { readonly do: "redact" | "cut"; readonly at: number };

async function act(log: JsonlLog, step: Step, i: number): Promise<void> {
  const tail = await log.tail();
  if (step.do === "append") {
    const events = Array.from({ length: step.count }, (_, n) =>
      event("test.happened", { i, n, text: "é".repeat(step.stream * 20) }),
    );
    await log.append({ stream: `session-${step.stream}`, events }, ACTOR);
  } else if (tail.offset > 0 && step.do === "redact") {
    const offset = 1 + (step.at % tail.offset);
    await log.redact({ offsets: [offset] }, ACTOR).catch((error) => {
      if (error.code !== "REDACTION_REFUSED") throw error; // a record
    });
  } else if (step.do === "cut") await log.truncateAfter(step.at % (tail.offset + 1), tail);
}

describe("a log in segments", () => {
  test("law: is the bytes of the log without segments, whatever is done, for who has it open as for who opens it", {
    timeout: 120_000,
  }, async () => {
    const steps = fc.array(
      fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({
            do: fc.constant("append" as const),
            count: fc.integer({ min: 1, max: 4 }),
            stream: fc.nat(3),
          }),
        },
        fc.record({ do: fc.constantFrom("redact" as const, "cut" as const), at: fc.nat(100) }),
      ),
      { minLength: 5, maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const [path, plain] = [freshPath(IN_MEMORY), freshPath(IN_MEMORY)];
        const [log, one] = [await inSegments(path), await open(plain, { entropy: fixedEntropy() })];
        const reader = await open(path);
        for (const [i, step] of list.entries()) {
          await act(log, step, i);
          await act(one, step, i);
          expect(await reader.tail()).toEqual(await one.tail());
        }
        const events = await allEvents(one);
        expect(await allEvents(log)).toEqual(events);
        expect(await allEvents(reader)).toEqual(events);
        if (existsSync(path)) expect(bytesOf(path).equals(readFileSync(plain))).toBe(true);
        const fresh = await open(path);
        expect(await verifyLog(fresh)).toMatchObject({ ok: true, verified: events.length });
        for (const at of [1, 2, 5, 9, 17])
          expect(await allEvents(fresh, { from: at, to: at + 3 })).toEqual(events.slice(at - 1, at + 3));
        for (const stream of ["session-0", "session-2"]) {
          const ours = [];
          for await (const page of fresh.readStream(stream)) ours.push(...offsetsOf(page));
          expect(ours).toEqual(offsetsOf(events.filter((one) => one.stream === stream)));
        }
        for (const { recordedAt } of events.slice(0, 3))
          expect(await fresh.offsetAt(new Date(recordedAt))).toBe(await one.offsetAt(new Date(recordedAt)));
        expect(strays(path)).toEqual([]);
        for (const file of segmentFiles(path)) expect(statSync(file).mode & 0o777).toBe(0o600);
        await Promise.all([log, one, reader, fresh].map((each) => each.close()));
      }),
      { numRuns: 60 },
    );
  });

  test("without the setting a log stays one file, and one that has segments goes on", async () => {
    const path = freshPath();
    await appendCount(await open(path), "session-a", 20);
    expect(manifestOf(path)).toEqual({ format: 1, lock: "ofd", begun: true });
    await appendCount(await inSegments(path, 100), "session-b", 1);
    expect(manifestOf(path)).toMatchObject({ format: 3, segments: [{ n: 1, from: 1, to: 21 }] });
    await appendCount(await open(path, { entropy: fixedEntropy(200) }), "session-b", 20);
    expect(manifestOf(path).segments).toHaveLength(1);
    expect(offsetsOf(await allEvents(await open(path)))).toHaveLength(41);
  });

  test("an archive takes whole segments, a follower goes on, and putting it back gives the same bytes", async () => {
    const path = freshPath(IN_MEMORY);
    const log = await inSegments(path);
    for (let i = 0; i < 12; i++) await appendCount(log, `session-${i % 3}`, 2);
    const [other, before, events] = [await open(path), bytesOf(path), await allEvents(log)];
    expect(await other.tail()).toEqual(await log.tail());
    const untouched = segmentFiles(path).at(-1) as string;
    const inode = statSync(untouched).ino;
    for (const to of [5, 11, 23]) {
      const [first, last] = [await other.archives(), events[to - 1]];
      const from = (first.at(-1)?.to ?? 0) + 1;
      const prev = events[from - 2];
      const streams = new Set(events.slice(from - 1, to).map(({ stream }) => stream)).size;
      const sha256 = "0".repeat(64);
      const facts = {
        from,
        to,
        before: prev?.hash ?? sha256,
        hash: last?.hash ?? "",
        recordedAt: last?.recordedAt ?? "",
      };
      await log.archive({ ...facts, streams, file: "/elsewhere.gz", sha256, bytes: 1 }, null);
      expect(await allEvents(other, { from: to + 1 })).toEqual(events.slice(to));
      await expect(allEvents(other, { from: to })).rejects.toMatchObject({ code: "ARCHIVED" });
      if (to < 23) expect(statSync(untouched).ino).toBe(inode);
      expect(strays(path).filter((name) => !name.includes(".archived-"))).toEqual([]);
    }
    for (const entry of [...(await log.archives())].reverse()) {
      const page = events.slice(entry.from - 1, entry.to);
      const pages = async function* () {
        yield page;
      };
      await log.unarchive(entry, { forwards: pages, backwards: pages });
      expect(await allEvents(other, { from: entry.from })).toEqual(events.slice(entry.from - 1));
    }
    expect(bytesOf(path).equals(before)).toBe(true);
    expect(strays(path)).toEqual([]);
    await appendCount(other, "session-0", 1);
    expect(await verifyLog(await open(path))).toMatchObject({ ok: true, verified: events.length + 1 });
  });
});

describe("a process that ended while it put another file in the place of the newest one", () => {
  /** Of 16 appends in 8 closed segments; the newest file is empty. */
  async function closed(): Promise<{ path: string; events: readonly SealedEvent[] }> {
    const path = freshPath(IN_MEMORY);
    const log = await inSegments(path);
    for (let i = 0; i < 16; i++) {
      const padding = "x".repeat(120); // two of them fill a segment
      await log.append({ stream: `session-${i % 2}`, events: [event("test.happened", { padding })] }, ACTOR);
    }
    const events = await allEvents(log);
    await log.close();
    expect(statSync(path).size).toBe(0);
    return { path, events };
  }

  function intend(path: string, from: number): void {
    writeManifest(path, { ...manifestOf(path), replaced: from });
  }

  async function goesOn(path: string, events: readonly SealedEvent[]): Promise<void> {
    const reader = await open(path, { readOnly: true });
    expect(await allEvents(reader)).toEqual(events);
    const log = await inSegments(path, 500);
    await appendCount(log, "session-9", 3);
    expect(offsetsOf(await allEvents(reader))).toEqual(Array.from({ length: events.length + 3 }, (_, i) => i + 1));
    expect(await verifyLog(await open(path))).toMatchObject({ ok: true, verified: events.length + 3 });
    expect(manifestOf(path)).not.toHaveProperty("replaced");
    expect(strays(path)).toEqual([]);
  }

  test.each(["the manifest said so", "the second name was there", "the empty file was there"])(
    "a segment was begun, and %s: nothing is lost or doubled",
    async (state) => {
      const { path, events } = await closed();
      const last = segmentFiles(path).at(-1) as string;
      if (state !== "the empty file was there") {
        rmSync(path);
        linkSync(last, path);
      }
      if (state === "the manifest said so") rmSync(last);
      intend(path, manifestOf(path).segments?.at(-1)?.from as number);
      await goesOn(path, events);
    },
  );

  test.each([
    ["in a segment", 1],
    ["at the beginning of one", 0],
  ])("the log was cut %s: it is cut, and what was cut off is gone", async (_where, lines) => {
    const { path, events } = await closed();
    const from = manifestOf(path).segments?.[3]?.from as number;
    const kept = readFileSync(segmentFiles(path)[3] as string, "utf8")
      .split("\n")
      .slice(0, lines)
      .map((line) => `${line}\n`)
      .join("");
    writeFileSync(path, kept === "" ? readFileSync(segmentFiles(path)[3] as string).subarray(0, 48) : kept);
    intend(path, from);
    await goesOn(path, events.slice(0, from - 1 + lines));
  });
});

describe("what belongs to a log in segments and is not as it was", () => {
  /** Of 20 events, closed. */
  async function segmented(): Promise<string> {
    const path = freshPath(IN_MEMORY);
    const log = await inSegments(path);
    await appendCount(log, "session-a", 1);
    for (let i = 0; i < 10; i++) await appendCount(log, "session-b", 2);
    await log.close();
    return path;
  }

  /** Opened, if that is possible, and read. */
  async function readingOf(path: string): Promise<number> {
    return (await allEvents(await open(path, { mustExist: true }))).length;
  }

  test.each<[string, string, (path: string) => void]>([
    ["a segment is gone", "SEGMENT_MISSING", (path) => rmSync(segmentFiles(path)[1] as string)],
    ["the first segment is gone", "SEGMENT_MISSING", (path) => rmSync(segmentFiles(path)[0] as string)],
    ["the last segment is gone", "SEGMENT_MISSING", (path) => rmSync(segmentFiles(path).at(-1) as string)],
    ["the newest file is gone", "SEGMENT_MISSING", (path) => rmSync(path)],
    [
      "an older newest file was put back",
      "SEGMENT_MISSING",
      (path) => copyFileSync(segmentFiles(path)[2] as string, path),
    ],
    [
      "the manifest is gone, and the newest file is empty",
      "SEGMENT_MISSING",
      (path) => {
        truncateSync(path, 0);
        rmSync(`${path}.manifest.json`);
      },
    ],
    [
      "the manifest is gone",
      "EVENTS_MISSING",
      (path) => {
        writeFileSync(path, readFileSync(segmentFiles(path).at(-1) as string));
        rmSync(`${path}.manifest.json`);
      },
    ],
    [
      "the manifest names no segment any more, and the newest file is empty",
      "SEGMENT_MISSING",
      (path) => {
        truncateSync(path, 0);
        writeManifest(path, { format: 1, lock: "ofd" });
      },
    ],
    [
      "the manifest is older than the newest file, which is empty",
      "SEGMENT_MISSING",
      (path) => {
        const manifest = manifestOf(path);
        truncateSync(path, 0);
        writeManifest(path, { ...manifest, segments: manifest.segments?.slice(0, -1) });
      },
    ],
    [
      "the manifest says that the segments end elsewhere, and the newest file is empty",
      "SEGMENT_MISSING",
      (path) => {
        const manifest = manifestOf(path);
        truncateSync(path, 0);
        writeManifest(path, {
          ...manifest,
          segments: manifest.segments?.map((one, i, { length }) => (i < length - 1 ? one : { ...one, to: one.to + 1 })),
        });
      },
    ],
    ["a segment is cut", "SEGMENT_DAMAGED", (path) => truncateSync(segmentFiles(path)[1] as string, 100)],
    ["a segment has more lines", "SEGMENT_DAMAGED", (path) => appendFileSync(segmentFiles(path)[1] as string, "x\n")],
    [
      "two segments changed places",
      "SEGMENT_DAMAGED",
      (path) => {
        const [one = "", other = ""] = segmentFiles(path).slice(1);
        renameSync(one, `${one}.x`);
        renameSync(other, one);
        renameSync(`${one}.x`, other);
      },
    ],
    [
      "a segment is a folder",
      "SEGMENT_DAMAGED",
      (path) => {
        rmSync(segmentFiles(path)[1] as string);
        mkdirSync(segmentFiles(path)[1] as string);
      },
    ],
    [
      "the manifest names a segment twice",
      "MANIFEST_INVALID",
      (path) => {
        const manifest = manifestOf(path);
        writeFileSync(
          `${path}.manifest.json`,
          JSON.stringify({ ...manifest, segments: [...(manifest.segments ?? []), manifest.segments?.[0]] }),
        );
      },
    ],
  ])("%s: an error, and nothing is changed", async (_what, code, damage) => {
    const path = await segmented();
    damage(path);
    const files = () =>
      readdirSync(dirname(path))
        .sort()
        .filter((name) => !name.endsWith(".lock") && !name.endsWith("manifest.json"));
    const before = files();
    await expect(readingOf(path)).rejects.toMatchObject({ code, hint: expect.any(String) });
    await expect(open(path).then((log) => appendCount(log, "session-a", 1))).rejects.toMatchObject({ code });
    expect(files()).toEqual(before);
  });

  test("a damaged manifest says to take it from a backup, and not to write one that names no segments", async () => {
    const path = await segmented();
    writeFileSync(`${path}.manifest.json`, "{");
    await expect(open(path)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      hint: expect.stringMatching(/^take it from a backup/),
    });
  });

  test("a changed byte in a segment is found where one file would have it", async () => {
    const path = await segmented();
    const file = segmentFiles(path)[1] as string;
    const offset = manifestOf(path).segments?.[1]?.from as number;
    const bytes = readFileSync(file);
    bytes[bytes.indexOf('"i":') + 4] = 0x39;
    writeFileSync(file, bytes);
    expect(await verifyLog(await open(path))).toMatchObject({
      ok: false,
      verified: offset - 1,
      fault: { code: "CHAIN_BROKEN", offset },
    });
    bytes[0] = 0x20;
    writeFileSync(file, bytes.fill(0x20, 0, 1));
    await expect(readingOf(path)).rejects.toMatchObject({ code: "SEGMENT_DAMAGED", offset });
    writeFileSync(file, bytes.fill("{", 0, 1).fill("#", bytes.indexOf('"stream"'), bytes.indexOf('"stream"') + 1));
    await expect(readingOf(path)).rejects.toMatchObject({ code: "LINE_DAMAGED", line: offset });
  });

  test("foreign files with such names are left alone, and their numbers passed over", async () => {
    const path = freshPath(IN_MEMORY);
    for (const name of ["000001", "000003", "1", "000002.bak"]) writeFileSync(`${path}.${name}`, "mine");
    const log = await inSegments(path);
    for (let i = 0; i < 8; i++) await appendCount(log, "session-b", 2);
    expect(
      manifestOf(path)
        .segments?.map(({ n }) => n)
        .slice(0, 3),
    ).toEqual([2, 4, 5]);
    await log.truncateAfter(3, await log.tail());
    for (const name of ["000001", "000003", "1", "000002.bak"])
      expect(readFileSync(`${path}.${name}`, "utf8")).toBe("mine");
    expect(await verifyLog(await open(path))).toMatchObject({ ok: true, verified: 3 });
  });
});
