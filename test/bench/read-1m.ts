import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeLine } from "../../src/log/event-line.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { prepareAppend, systemEntropy } from "../../src/log/prepare.js";
import { EMPTY_TAIL, seal } from "../../src/log/seal.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { copyLog } from "../../src/migrate/copy-log.js";
import { BENCH_ACTOR, createdEvent, sampleEvents } from "./events.js";
import type { Comparison } from "./measure.js";

const EVENTS = 1_000_000;
const STREAMS = 10_000;
const BATCH = 1000;
const PLAIN_READING = 'readFile + split("\\n"), lines not parsed';

export interface ReadResult {
  readonly ms: number;
  /** Most resident bytes that the process had. */
  readonly maxRssBytes: number;
}

/** Reading is measured in processes of their own, so that each has its own heap and its own peak of memory. */
export function readOnce(mode: "ours" | "split" | "verify" | "verify-signed" | "bare", path: string): ReadResult {
  const worker = fileURLToPath(new URL("./read-worker.js", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [worker, mode, path], { encoding: "utf8" })) as ReadResult;
}

export function readComparison(path: string): Comparison {
  return {
    name: "JSONL read of 1,000,000 events",
    peer: PLAIN_READING,
    durability: "reading; a process each, with its start",
    unit: "events/s",
    atLeast: 1.4,
    amount: EVENTS,
    ours: async () => void readOnce("ours", path),
    theirs: async () => void readOnce("split", path),
  };
}

/**
 * Every hash recomputed, of the JSONL log also compared with what a signature says; the peer only reads. A JSONL log is read
 * faster by us than by readFile and split, which is what is promised; beside our own reading it is shown, too.
 */
export function verifyComparisons(path: string, database: string): Comparison[] {
  const row = (log: string, ours: "verify" | "verify-signed", at: string): Comparison => ({
    name: `Verification of 1,000,000 events, ${log}`,
    peer: "reading them through the same log",
    durability: "reading; a process each, with its start",
    unit: "events/s",
    amount: EVENTS,
    ours: async () => void readOnce(ours, at),
    theirs: async () => void readOnce("ours", at),
  });
  const split = { peer: PLAIN_READING, theirs: async () => void readOnce("split", path) };
  return [
    { ...row("SQLite", "verify", database), atLeast: 0.5 },
    { ...row("JSONL", "verify", path), ...split, atLeast: 0.5 },
    { ...row("JSONL, against a signature", "verify-signed", path), ...split, atLeast: 0.5 },
    row("JSONL, beside our own reading", "verify", path),
  ];
}

/** The same log in SQLite. */
export async function copyToSqlite(path: string, database: string): Promise<void> {
  const written = await JsonlLog.open(path, { mustExist: true });
  const log = await SqliteLog.open(database);
  await copyLog(written, log);
  await log.close();
  await written.close();
}

/** Writes the file that is read: sealed as by appends of 1000; so many sessions are created, then changed in turn. */
export function writeLargeLog(path: string, events = EVENTS, sessions = STREAMS): void {
  const entropy = systemEntropy();
  const versions = new Map<string, number>();
  const known = { versionOf: (stream: string) => versions.get(stream) ?? 0, eventById: () => undefined };
  const fd = openSync(path, "w", 0o600);
  let tail = EMPTY_TAIL;
  for (let from = 0; from < events; from += BATCH) {
    const batch = sampleEvents(BATCH, from).map((event, i) => {
      const id = `task#${(from + i) % sessions}`;
      return { stream: `session-${id}`, events: [from + i < sessions ? createdEvent(id) : event] };
    });
    const sealed = seal(tail, [prepareAppend(batch, BENCH_ACTOR, entropy)], known, new Date());
    for (const { stream, version } of sealed.events) versions.set(stream, version);
    writeSync(fd, sealed.events.map(encodeLine).join(""));
    tail = sealed.tail;
  }
  closeSync(fd);
}
