import { firstSessions } from "../../src/inspect/first-sessions.js";
import { stateAt } from "../../src/inspect/state-at.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { BENCH_ACTOR, sampleEvents } from "./events.js";
import { median } from "./measure.js";

/** A log of a size, which is open. */
export interface GrownLog {
  readonly url: string;
  readonly events: number;
  readonly sessions: number;
  readonly log: EventLog;
}

/** Something that is done to logs of several sizes. */
export interface GrowthWork {
  readonly name: string;
  /** How many times as long the largest log may take as the smallest; undefined where it grows with the log. */
  readonly atMost?: number;
  /** Long work is done fewer times. */
  readonly maxRounds?: number;
  /** @returns ms of one */
  measure(grown: GrownLog): Promise<number>;
}

const TIMES = 50;

export const GROWTH_WORKS: readonly GrowthWork[] = [
  { name: "append of 1", atMost: 1.3, measure: (grown) => medianMs(TIMES, (i) => appendOne(grown, i)) },
  { name: "open and read the tail", atMost: 1.3, measure: ({ url }) => medianMs(5, () => open(url)) },
  // Behind the list, which makes the tables that it comes from; before that, its events are folded.
  { name: "state of one session, never listed", measure: (grown) => medianMs(TIMES, (i) => stateNow(grown, i)) },
  { name: "first 30 of the list, with their number", measure: ({ log }) => medianMs(3, () => list(log)) },
  { name: "state of one session now", atMost: 1.3, measure: (grown) => medianMs(TIMES, (i) => stateNow(grown, i)) },
  { name: "state of one session at a random offset", measure: (grown) => medianMs(TIMES, (i) => statePast(grown, i)) },
  { name: "verify everything", maxRounds: 1, measure: ({ log }) => medianMs(1, () => verify(log)) },
];

async function medianMs(times: number, act: (i: number) => Promise<void>): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await act(i);
    taken.push(performance.now() - began);
  }
  return median(taken);
}

async function appendOne({ log, sessions }: GrownLog, i: number): Promise<void> {
  await log.append({ stream: `session-${idOf(i, sessions)}`, events: sampleEvents(1, i) }, BENCH_ACTOR);
}

async function open(url: string): Promise<void> {
  const log = await openLog(url, { mustExist: true });
  await log.tail();
  await log.close();
}

/** Of a session that nothing is appended to, so that it has as many events in each round. */
async function stateNow({ log, sessions }: GrownLog, i: number): Promise<void> {
  await assertFound(stateAt(log, idOf(i + TIMES, sessions)));
}

async function statePast({ log, sessions, events }: GrownLog, i: number): Promise<void> {
  await assertFound(stateAt(log, idOf(i + TIMES, sessions), sessions + ((i * 618_033) % (events - sessions))));
}

async function assertFound(asked: Promise<unknown>): Promise<void> {
  if ((await asked) === null) throw new Error("a session is not there");
}

/** As `session list --limit 30` does: by tables where the backend has them. */
async function list(log: EventLog): Promise<void> {
  const found = (await firstSessions(log, { limit: 30 })) ?? (await new SessionStore(log).list());
  if (found.documents.length < 30) throw new Error("sessions are missing");
}

async function verify(log: EventLog): Promise<void> {
  const { ok } = await verifyLog(log);
  if (!ok) throw new Error("the log does not verify");
}

function idOf(i: number, sessions: number): string {
  return `task#${(i * 7_919) % sessions}`;
}
