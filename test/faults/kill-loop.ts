import { expect } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { subscribe } from "../../src/replay/subscribe.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { spawnWorker } from "../support/worker.js";

export interface KillLoop {
  readonly url: string;
  readonly writers: number;
  readonly appendsEach: number;
  /** Kills (-9) of each writer, at random points between its appends. */
  readonly killsEach: number;
  /** 0 ≤ value < 1; seeded, so that a failing run can be repeated. */
  readonly random: () => number;
}

interface Acknowledged {
  readonly i: number;
  readonly offset: number;
  readonly hash: string;
}

/**
 * Many processes append to one log while they are killed at random; a reader follows meanwhile. Then: every acknowledged
 * event stands once at its offset with its hash, offsets have no gaps, the follower saw each event once and in order,
 * and the chain verifies.
 */
export async function killLoop(setup: KillLoop): Promise<{ acknowledged: number; kills: number }> {
  const log = await openLog(setup.url);
  const stop = new AbortController();
  const seen: number[] = [];
  let isFollowing = true;
  const following = collectOffsets(log, stop.signal, seen).finally(() => {
    isFollowing = false;
  });
  following.catch(() => undefined); // awaited below
  try {
    const writers = await Promise.all(Array.from({ length: setup.writers }, (_, i) => runWriter(setup, i + 1)));
    const total = setup.writers * setup.appendsEach;
    await assertStored(
      log,
      writers.flatMap(({ acks }) => acks),
      total,
    );
    while (isFollowing && seen.length < total) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    await following;
    expect(seen).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    return { acknowledged: total, kills: writers.reduce((sum, { kills }) => sum + kills, 0) };
  } finally {
    stop.abort();
    await log.close();
  }
}

async function collectOffsets(log: EventLog, signal: AbortSignal, seen: number[]): Promise<void> {
  for await (const { offset } of subscribe(log, { signal, pollMs: 50 })) seen.push(offset);
}

/** Starts one writer again and again until all its appends are acknowledged. */
async function runWriter(setup: KillLoop, writer: number): Promise<{ acks: Acknowledged[]; kills: number }> {
  const acks: Acknowledged[] = [];
  let kills = 0;
  while (acks.length < setup.appendsEach) {
    const life =
      kills < setup.killsEach
        ? 1 + Math.floor((setup.random() * 2 * setup.appendsEach) / (setup.killsEach + 1))
        : Infinity;
    const from = acks.length + 1;
    const worker = spawnWorker("appender", [setup.url, String(writer), String(from), String(setup.appendsEach)]);
    for await (const line of worker.lines) {
      acks.push(JSON.parse(line) as Acknowledged);
      if (acks.length - from + 1 >= life) worker.kill9();
    }
    const { code, signal, stderr } = await worker.exit;
    if (signal === "SIGKILL") kills++;
    else if (code !== 0) throw new Error(`writer ${writer} failed: ${stderr}`);
  }
  return { acks, kills };
}

async function assertStored(log: EventLog, acks: readonly Acknowledged[], total: number): Promise<void> {
  const hashes = new Map<number, string>();
  const ids = new Set<string>();
  for await (const event of eventsOf(log.readAll())) {
    hashes.set(event.offset, event.hash);
    ids.add(event.id);
  }
  expect([hashes.size, ids.size, (await log.tail()).offset]).toEqual([total, total, total]);
  const wrong = acks.filter(({ offset, hash }) => hashes.get(offset) !== hash);
  expect(wrong).toEqual([]);
  expect(await verifyLog(log)).toMatchObject({ ok: true, verified: total });
}
