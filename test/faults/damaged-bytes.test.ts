import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import type { LogNotice } from "../../src/log/jsonl/log-notice.js";
import { eventsOf } from "../../src/log/paging.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";
import { BYTE_DAMAGES, type Damage, LINE_DAMAGES } from "./damage.js";
import { FaultReport } from "./fault-report.js";
import { IS_LONG, seededRandom } from "./seed.js";
import { appendStubbornly } from "./trial-append.js";

const TRIALS = IS_LONG ? 3000 : 60;
/** Of the bytes at which a file may end, every so many. */
const STEP = IS_LONG ? 7 : 397;
const APPENDS = 7;
const LIMIT_MS = 1_200_000;
const random = seededRandom();

interface Original {
  readonly bytes: Buffer;
  readonly hashes: readonly string[];
  /** Offsets at which an append ends, and 0. */
  readonly ends: ReadonlySet<number>;
  /**
   * Events before the last two appends. A sector of zeros over the time of a line may have been its beginning as well as
   * that of the next one; and appends of one millisecond look like one write.
   */
  readonly beforeLast: number;
}

type Open = (path: string, notices: LogNotice[]) => Promise<EventLog>;

const openJsonl: Open = (path, notices) => JsonlLog.open(path, { onNotice: (notice) => notices.push(notice) });
const openSqlite: Open = (path) => SqliteLog.open(path);

async function originalOf(open: Open): Promise<Original> {
  const path = join(tempDir(IN_MEMORY), "s.log");
  await appendStubbornly(
    () => open(path, []),
    { writer: 1, from: 1, to: APPENDS },
    () => undefined,
  );
  const log = await open(path, []);
  const events = [];
  for await (const event of eventsOf(log.readAll())) events.push(event);
  await log.close();
  const ends = new Set([0, ...events.map(({ commit }) => commit)]);
  const lastTimes = [...new Set(events.map(({ recordedAt }) => recordedAt))].slice(-2);
  const beforeLast = events.filter(({ recordedAt }) => !lastTimes.includes(recordedAt)).length;
  return { bytes: readFileSync(path), hashes: events.map(({ hash }) => hash), ends, beforeLast };
}

/**
 * Every change is refused with a code, or is told of and costs no more than the last append, or changes nothing. What is
 * cut off at the end of an append cannot be seen in the file: only a hash that is kept elsewhere tells.
 */
async function wrongWith(open: Open, path: string, original: Original): Promise<string[]> {
  const notices: LogNotice[] = [];
  let log: EventLog | undefined;
  try {
    log = await open(path, notices);
    const hashes: string[] = [];
    for await (const event of eventsOf(log.readAll())) hashes.push(event.hash);
    const { ok } = await verifyLog(log);
    if (!ok) return [];
    if (hashes.some((hash, i) => hash !== original.hashes[i])) return ["it reads and verifies, with other events"];
    if (hashes.length === original.hashes.length) return [];
    const isCut = open === openJsonl && isPrefix(path, original);
    if (notices.length === 0 && !isCut) return ["it reads and verifies without some events"];
    if (notices.length > 0 && hashes.length < original.beforeLast) return ["more than the last append was moved aside"];
    return original.ends.has(hashes.length) ? [] : [`it ends in the middle of an append, at ${hashes.length}`];
  } catch (error) {
    const { code, hint } = error as { code?: string; hint?: string };
    return code !== undefined && hint !== undefined ? [] : [`not an error of ours: ${error}`];
  } finally {
    await log?.close();
  }
}

function isPrefix(path: string, { bytes }: Original): boolean {
  const left = readFileSync(path);
  return bytes.subarray(0, left.length).equals(left);
}

async function damageOften(report: FaultReport, open: Open, damages: readonly Damage[]): Promise<void> {
  const original = await originalOf(open);
  for (const damage of damages) {
    for (let n = 0; n < TRIALS; n++) {
      const path = join(tempDir(IN_MEMORY), "s.log");
      writeFileSync(path, damage.apply(original.bytes, random));
      const wrong = await wrongWith(open, path, original);
      report.add(`${damage.name}, trial ${n}`, { acknowledged: original.hashes.length, lost: [], doubled: [], wrong });
    }
  }
}

describe("damage is refused, told of, or harmless", () => {
  test("jsonl: bits, sectors and lines", { timeout: LIMIT_MS }, async () => {
    const report = new FaultReport("jsonl: damaged bytes and lines");
    await damageOften(report, openJsonl, [...BYTE_DAMAGES, ...LINE_DAMAGES]);
    report.close();
  });

  test("sqlite: bits and sectors", { timeout: LIMIT_MS }, async () => {
    const report = new FaultReport("sqlite: damaged bytes");
    await damageOften(report, openSqlite, BYTE_DAMAGES);
    report.close();
  });
});

test("jsonl: a file that ends at any byte keeps every append before it", { timeout: LIMIT_MS }, async () => {
  const report = new FaultReport("jsonl: cut at any byte");
  const original = await originalOf(openJsonl);
  for (let size = 1 + Math.floor(random() * STEP); size < original.bytes.length; size += STEP) {
    const path = join(tempDir(IN_MEMORY), "s.log");
    writeFileSync(path, original.bytes.subarray(0, size));
    // A last line that lacks nothing but its end gets it back.
    const lines = original.bytes.subarray(0, size + 1).filter((byte) => byte === 0x0a).length;
    const whole = Math.max(...[...original.ends].filter((end) => end <= lines));
    const notices: LogNotice[] = [];
    const log = await openJsonl(path, notices);
    const { offset, hash } = await log.tail();
    const wrong = offset === whole && (whole === 0 || hash === original.hashes[whole - 1]) ? [] : [`ends at ${offset}`];
    if (!(await verifyLog(log)).ok) wrong.push("does not verify");
    await log.close();
    report.add(`cut at ${size}`, { acknowledged: whole, lost: [], doubled: [], wrong });
  }
  report.close();
});
