/**
 * One way to read or replay the large log, in a process of its own; prints what counts, in ms. Arguments: mode, path.
 */
import { type SessionDocument, sessions } from "../../projections/sessions.js";
import type { EventLog } from "../../src/log/event-log.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { evolved } from "../../src/replay/fold.js";
import { foldFresh, foldLog } from "../../src/replay/fold-log.js";
import { MemorySnapshots } from "../../src/replay/memory-snapshots.js";
import { worstPageStep } from "./page-steps.js";

const RANDOM_STATES = 25;

const modes: Record<string, (log: EventLog, end: number) => Promise<number>> = {
  /** Reading and parsing alone. */
  parse: (log) =>
    timed(async () => {
      for await (const event of eventsOf(log.readAll())) if (event.data === null || event.meta === null) return;
    }),
  replay: (log, end) => timed(() => foldFresh(log, sessions, end)),
  /** The same fold with one immer produce an event, over one document each. */
  immer: (log) =>
    timed(async () => {
      const documents = new Map<string, SessionDocument | null>();
      for await (const page of log.readAll()) {
        for (const event of page) {
          documents.set(event.stream, evolved(sessions, documents.get(event.stream) ?? null, event));
        }
      }
    }),
  /** From what lies in the sidecar. */
  open: (log, end) => timed(() => foldLog(log, sessions, end)),
  snapshot: (log, end) => timed(() => foldLog(log, sessions, end - 1_000)),
  "worst-on-disk": (log, end) => worst(end, (offset) => foldLog(log, sessions, offset)),
  "worst-in-memory": async (log, end) => {
    const snapshots = new MemorySnapshots(log, sessions);
    await snapshots.stateAt(end);
    return worst(end, (offset) => snapshots.stateAt(offset));
  },
  "page-step": worstPageStep,
};

/** The slowest of some offsets that are spread over the log, in no order. */
async function worst(end: number, stateAt: (offset: number) => Promise<unknown>): Promise<number> {
  let slowest = 0;
  for (let i = 0; i < RANDOM_STATES; i++) {
    const offset = 1 + (((i * 7_919 + 13) * 1_009) % end);
    slowest = Math.max(slowest, await timed(() => stateAt(offset)));
  }
  return slowest;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

const [mode = "", path = ""] = process.argv.slice(2);
const log = await JsonlLog.open(path, { mustExist: true });
const ms = await modes[mode]?.(log, (await log.tail()).offset);
await log.close();
process.stdout.write(JSON.stringify(ms));
