import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeLine } from "../../src/log/event-line.js";
import { prepareAppend, systemEntropy } from "../../src/log/prepare.js";
import { EMPTY_TAIL, seal } from "../../src/log/seal.js";
import { BENCH_ACTOR, createdEvent, sampleEvents } from "./events.js";
import type { Comparison } from "./measure.js";

const EVENTS = 1_000_000;
const STREAMS = 10_000;
const BATCH = 1000;

export interface ReadResult {
  readonly ms: number;
  /** Most resident bytes that the process had. */
  readonly maxRssBytes: number;
}

/** Reading is measured in processes of their own, so that each has its own heap and its own peak of memory. */
export function readOnce(mode: "ours" | "split" | "verify" | "bare", path: string): ReadResult {
  const worker = fileURLToPath(new URL("./read-worker.js", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [worker, mode, path], { encoding: "utf8" })) as ReadResult;
}

export function readComparison(path: string): Comparison {
  return {
    name: "JSONL read of 1,000,000 events",
    peer: 'readFile + split("\\n"), lines not parsed',
    durability: "reading; a process each, with its start",
    unit: "events/s",
    atLeast: 1.4,
    amount: EVENTS,
    ours: async () => void readOnce("ours", path),
    theirs: async () => void readOnce("split", path),
  };
}

/** Every hash recomputed, and compared with what a signature says; the peer only reads. */
export function verifyComparison(path: string): Comparison {
  return {
    name: "JSONL read of 1,000,000 events, each verified, against a signature",
    peer: "reading them",
    durability: "reading; a process each, with its start",
    unit: "events/s",
    atLeast: 0.5,
    amount: EVENTS,
    ours: async () => void readOnce("verify", path),
    theirs: async () => void readOnce("ours", path),
  };
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
