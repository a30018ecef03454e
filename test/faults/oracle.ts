import type { EventLog } from "../../src/log/event-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { marksOf, type Said } from "./trial-append.js";

/** What became of a log. All the lists are empty for one that keeps its promises. */
export interface Verdict {
  /** Events. */
  readonly acknowledged: number;
  /** Marks of acknowledged events that are not there, or not with the hash that was acknowledged. */
  readonly lost: readonly string[];
  /** Marks that stand in the log more than once. */
  readonly doubled: readonly string[];
  /** Anything else: sentences. */
  readonly wrong: readonly string[];
}

/**
 * Compares a log with what was said outside of it. Every acknowledged event stands there once with its hash, an append
 * that was not acknowledged is there as a whole or not at all, offsets have no gaps, the chain verifies, another append
 * works, and every refusal was an error of ours with advice.
 */
export async function judge(open: () => Promise<EventLog>, said: readonly Said[]): Promise<Verdict> {
  const hashes = acknowledgedHashes(said);
  const failure = (error: unknown): Verdict => ({
    acknowledged: hashes.size,
    lost: [],
    doubled: [],
    wrong: [`the log cannot be used: ${(error as { code?: string }).code} ${(error as Error).message}`],
  });
  let log: EventLog;
  try {
    log = await open();
  } catch (error) {
    return failure(error);
  }
  try {
    return await judgeOpened(log, hashes, said);
  } catch (error) {
    return failure(error);
  } finally {
    await log.close();
  }
}

async function judgeOpened(log: EventLog, hashes: Map<string, string>, said: readonly Said[]): Promise<Verdict> {
  const stored = new Map<string, string[]>();
  const wrong = refusalsWithoutAdvice(said);
  let count = 0;
  for await (const event of eventsOf(log.readAll())) {
    if (event.offset !== ++count) wrong.push(`offset ${event.offset} stands at place ${count}`);
    const { mark } = event.data as { mark: string };
    stored.set(mark, [...(stored.get(mark) ?? []), event.hash]);
  }
  wrong.push(...halves(stored));
  const { ok } = await verifyLog(log);
  if (!ok) wrong.push("the chain does not verify");
  const after = await log.append(
    { stream: "after", events: [{ type: "test.counted", data: {} }] },
    { actor: "user:t" },
  );
  if (after.firstOffset !== count + 1) wrong.push(`the next append came to ${after.firstOffset}, behind ${count}`);
  return {
    acknowledged: hashes.size,
    lost: [...hashes].filter(([mark, hash]) => !stored.get(mark)?.includes(hash)).map(([mark]) => mark),
    doubled: [...stored].filter(([, found]) => found.length > 1).map(([mark]) => mark),
    wrong,
  };
}

function acknowledgedHashes(said: readonly Said[]): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const one of said) {
    if (!("hashes" in one)) continue;
    for (const [j, mark] of marksOf(one.writer, one.i).entries()) hashes.set(mark, one.hashes[j] ?? "missing");
  }
  return hashes;
}

/** A mark is `writer/append/event`. */
function halves(stored: ReadonlyMap<string, unknown>): string[] {
  const wrong = new Set<string>();
  for (const mark of stored.keys()) {
    const [writer, i] = mark.split("/").map(Number) as [number, number];
    const missing = marksOf(writer, i).filter((other) => !stored.has(other));
    if (missing.length > 0) wrong.add(`append ${writer}/${i} is there without ${missing.join(", ")}`);
  }
  return [...wrong];
}

function refusalsWithoutAdvice(said: readonly Said[]): string[] {
  return said.flatMap((one) =>
    "code" in one && !one.hint ? [`append ${one.writer}/${one.i} failed with a bare ${one.code}`] : [],
  );
}
