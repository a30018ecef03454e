import { closeSync, fdatasync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { BENCH_ACTOR, sampleEvents } from "./events.js";
import type { Bench } from "./measure.js";

const APPENDS = 100;
const syncData = promisify(fdatasync);

export async function jsonlBench(folder: string): Promise<Bench> {
  const log = await JsonlLog.open(join(folder, "ours.jsonl"), {});
  let version = 0;
  const comparisons = [
    {
      name: "JSONL append of 100",
      peer: "raw: 100 × JSON.stringify, one write, fdatasync",
      durability: "one fsync an append, both",
      unit: "events/s",
      atLeast: 0.8,
      amount: APPENDS * 100,
      ours: async () => {
        for (let i = 0; i < APPENDS; i++) {
          await log.append({ stream: `session-${i}`, events: sampleEvents(100, i) }, BENCH_ACTOR);
        }
      },
      theirs: async () => {
        const fd = openSync(join(folder, "raw.jsonl"), "a", 0o600);
        for (let i = 0; i < APPENDS; i++) {
          const lines = sampleEvents(100, i).map((event) => JSON.stringify({ ...FIXED, version: ++version, ...event }));
          writeSync(fd, `${lines.join("\n")}\n`);
          await syncData(fd);
        }
        closeSync(fd);
      },
    },
  ];
  return { comparisons, close: () => log.close() };
}

/** The fields that a line of ours has besides type, data and meta, so that both write about as many bytes. */
const FIXED = {
  v: 1,
  offset: 123456,
  commit: 123456,
  recordedAt: "2026-01-31T10:00:00.000Z",
  id: "0190a000-0000-7000-8000-000000000001",
  stream: "session-1",
  actor: "agent:bench",
  salt: "0".repeat(32),
  hash: "0".repeat(64),
};
