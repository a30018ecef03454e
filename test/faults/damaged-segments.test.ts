import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { ACTOR } from "../../src/conformance/target.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";
import { BYTE_DAMAGES } from "./damage.js";
import { FaultReport } from "./fault-report.js";
import type { Verdict } from "./oracle.js";
import { IS_LONG, seededRandom } from "./seed.js";
import { trialAppend } from "./trial-append.js";

const TRIALS = IS_LONG ? 1000 : 40;
const MANIFEST = "s.jsonl.manifest.json";
/** Of its bytes, every so many. */
const BYTE_STEP = IS_LONG ? 1 : 5;
const APPENDS = 16;
const LIMIT_MS = 1_200_000;
const random = seededRandom();

type Files = ReadonlyMap<string, Buffer>;

interface Original {
  readonly files: Files;
  readonly hashes: readonly string[];
  /** Offsets at which an append ends, and 0. */
  readonly ends: ReadonlySet<number>;
}

function urlIn(folder: string): string {
  return `jsonl:${join(folder, "s.jsonl")}?segment=4KiB`;
}

function filesIn(folder: string): Files {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const kept = names.map(({ name }) => name).filter((name) => !name.endsWith(".lock"));
  return new Map(kept.map((name) => [name, readFileSync(join(folder, name))]));
}

/** `emptied`: the newest file has no line yet. `archived`: the first events lie in an archive. */
async function originalOf({ emptied, archived }: { emptied: boolean; archived: boolean }): Promise<Original> {
  const folder = tempDir(IN_MEMORY);
  const log = await openLog(urlIn(folder), { archives: [folder] });
  for (let i = 1; i <= APPENDS; i++) await log.append(trialAppend(1, i), ACTOR);
  if (archived) await archiveBefore(log, 15, join(folder, "a.jsonl.gz"));
  const isEmpty = () => readFileSync(join(folder, "s.jsonl")).length === 0;
  for (let i = APPENDS + 1; isEmpty() !== emptied; i++) await log.append(trialAppend(1, i), ACTOR);
  const events = [];
  for await (const event of eventsOf(log.readAll())) events.push(event);
  await log.close();
  return {
    files: filesIn(folder),
    hashes: events.map(({ hash }) => hash),
    ends: new Set([0, ...events.map(({ commit }) => commit)]),
  };
}

/** Reads and verifies; then appends, and reads again: a damage must not wait for the next append to do harm. */
async function wrongWith(folder: string, original: Original, mayBeCut: boolean): Promise<string[]> {
  const notices: unknown[] = [];
  let acknowledged = 0;
  try {
    const options = { archives: [folder], onNotice: (notice: unknown) => notices.push(notice) };
    const hashes = await readWhole(urlIn(folder), options);
    if (hashes === undefined) return []; // verify has found it
    const wrong: string[] = [];
    if (hashes.some((hash, i) => hash !== original.hashes[i])) wrong.push("it reads and verifies with other events");
    const isShort = hashes.length < original.hashes.length;
    if (isShort && notices.length === 0 && !mayBeCut) wrong.push(`it reads and verifies up to ${hashes.length}`);
    if (isShort && !original.ends.has(hashes.length)) wrong.push(`it ends in an append, at ${hashes.length}`);
    const log = await openLog(urlIn(folder), options);
    acknowledged = (await log.append({ stream: "after", events: [{ type: "t", data: 1 }] }, ACTOR)).lastOffset;
    await log.close();
    const after = await readWhole(urlIn(folder), options);
    if (after?.length !== acknowledged) wrong.push(`what was appended behind it reads up to ${after?.length}`);
    return wrong;
  } catch (error) {
    const { code, hint, message } = error as { code?: string; hint?: string; message: string };
    if (acknowledged > 0) return [`an append behind it was acknowledged, and then: ${code} ${message}`];
    return code !== undefined && hint !== undefined ? [] : [`not an error of ours: ${message}`];
  }
}

/** @returns undefined where the chain does not verify */
async function readWhole(url: string, options: { archives: string[] }): Promise<string[] | undefined> {
  const log = await openLog(url, options);
  try {
    if (!(await verifyLog(log)).ok) return undefined;
    const hashes: string[] = [];
    for await (const event of eventsOf(log.readAll())) hashes.push(event.hash);
    return hashes;
  } finally {
    await log.close();
  }
}

function restored(files: Files): string {
  const folder = join(tempDir(IN_MEMORY), "log");
  mkdirSync(folder);
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  return folder;
}

function pick<T>(items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** What is done to whole files by those who copy, restore and tidy up. */
const FILE_DAMAGES: Readonly<Record<string, (path: string, other: string) => void>> = {
  "a file that is gone": (path) => rmSync(path),
  "a file that is cut": (path) => truncateSync(path, Math.floor(random() * readFileSync(path).length)),
  "a file that was copied over another one": (path, other) => copyFileSync(other, path),
  "two files that were swapped": (path, other) => {
    const [one, two] = [readFileSync(path), readFileSync(other)];
    writeFileSync(path, two);
    writeFileSync(other, one);
  },
};

/** A cut of the newest file at the end of an append cannot be seen, here as in a log that is one file. */
function judged(wrong: string[], { hashes }: Original): Verdict {
  return { acknowledged: hashes.length, lost: [], doubled: [], wrong };
}

/** One bit of each byte: it is a short file that says where all the others belong. */
async function damageManifest(report: FaultReport, original: Original): Promise<void> {
  const manifest = original.files.get(MANIFEST) as Buffer;
  for (let byte = Math.floor(random() * BYTE_STEP); byte < manifest.length; byte += BYTE_STEP) {
    const changed = Buffer.from(manifest);
    changed[byte] = (manifest[byte] as number) ^ (1 << Math.floor(random() * 3));
    const folder = restored(original.files);
    writeFileSync(join(folder, MANIFEST), changed);
    report.add(`a flipped bit at ${byte} of ${MANIFEST}`, judged(await wrongWith(folder, original, false), original));
    rmSync(folder, { recursive: true });
  }
}

const KINDS = [
  ["", { emptied: false, archived: false }],
  [", the newest one empty", { emptied: true, archived: false }],
  [", with an archive", { emptied: false, archived: true }],
] as const;

test.each(KINDS)(
  "jsonl in segments%s: damage to any of its files is refused, told of, or harmless",
  {
    timeout: LIMIT_MS,
  },
  async (title, kind) => {
    const report = new FaultReport(`jsonl in segments${title}: damaged files`);
    const original = await originalOf(kind);
    const names = [...original.files.keys()].filter((name) => !name.endsWith(".gz"));
    expect(names.length).toBeGreaterThan(3);
    await damageManifest(report, original);
    for (let n = 0; n < TRIALS; n++) {
      for (const damage of BYTE_DAMAGES) {
        const name = pick(names);
        const folder = restored(original.files);
        writeFileSync(join(folder, name), damage.apply(original.files.get(name) as Buffer, random));
        report.add(`${damage.name} in ${name}, trial ${n}`, judged(await wrongWith(folder, original, false), original));
        rmSync(folder, { recursive: true });
      }
      for (const [what, act] of Object.entries(FILE_DAMAGES)) {
        const [name, other] = [pick(names), pick(names)];
        const folder = restored(original.files);
        act(join(folder, name), join(folder, other));
        const mayBeCut = basename(name) === "s.jsonl" && what === "a file that is cut";
        report.add(
          `${what}: ${name}, ${other}, trial ${n}`,
          judged(await wrongWith(folder, original, mayBeCut), original),
        );
        rmSync(folder, { recursive: true });
      }
    }
    report.close();
  },
);

test("a log that reads as another one, or as a shorter one, is caught", async () => {
  const [original, other] = [await originalOf(KINDS[0][1]), await originalOf(KINDS[0][1])];
  expect((await wrongWith(restored(other.files), original, false)).join()).toContain("other events");
  const longer = { ...original, hashes: [...original.hashes, "of an event that was lost"] };
  expect((await wrongWith(restored(original.files), longer, false)).join()).toContain("it reads and verifies up to");
  expect(await wrongWith(restored(original.files), original, false)).toEqual([]);
});
