import { collabEvent } from "../../src/collab/collab-log.js";
import type { EventLog } from "../../src/log/event-log.js";
import type { StreamAppend } from "../../src/log/prepare.js";

export const CHUNKS = 100_000;
const WORDS_EACH = 60;
const VOCABULARY = 20_000;
const BATCH = 2_000;

/** The same texts in every run; frequent words are frequent, as in a language. */
export function* chunkTexts(): Generator<string, void, undefined> {
  const random = seeded(42);
  for (let i = 0; i < CHUNKS; i++) {
    const words = Array.from({ length: WORDS_EACH }, () => wordOf(Math.floor(VOCABULARY ** random())));
    yield words.join(" ");
  }
}

/** One or two words from frequent to rare, phrases and beginnings: 100 of them. */
export function queries(): string[] {
  const random = seeded(7);
  const word = () => wordOf(Math.floor(20 + VOCABULARY ** (0.4 + 0.6 * random())));
  return Array.from({ length: 100 }, (_, i) => {
    if (i % 4 === 0) return word();
    if (i % 4 === 1) return `${word()} ${wordOf(20 + (i % 50))}`;
    return i % 4 === 2 ? `"${word()} ${wordOf(1 + (i % 5))}"` : `${word()}*`;
  });
}

export async function writeChunks(log: EventLog): Promise<void> {
  const actor = { actor: "user:bench" };
  const described = { title: "bench", participants: [], context: null, metadata: null };
  await log.append({ stream: "collab-bench", events: [collabEvent("collab.created", described)] }, actor);
  let batch: StreamAppend[] = [];
  let i = 0;
  for (const content of chunkTexts()) {
    const times = { startTime: null, endTime: null };
    const data = { content, format: "dialogue", ...times, participants: [], extractedItems: null, metadata: null };
    batch.push({ stream: `collabchunk-bench/c${i++}`, expectedVersion: 0, events: [collabEvent("chunk.added", data)] });
    if (batch.length < BATCH) continue;
    await log.append(batch, actor);
    batch = [];
  }
  if (batch.length > 0) await log.append(batch, actor);
}

/** Seconds that 95 of 100 questions take at most. */
export async function p95(ask: (query: string) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (const query of queries()) {
    const before = performance.now();
    await ask(query);
    times.push((performance.now() - before) / 1000);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.95)] as number;
}

function wordOf(n: number): string {
  return `w${n.toString(36)}x`;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
