import type { EventLog } from "../../src/log/event-log.js";
import type { StreamAppend } from "../../src/log/prepare.js";
import { writerEventId } from "./writer-event.js";

const ACTOR = { actor: "agent:trial" };
/** Characters of filling: within a page of the disk, across some, and again little. */
const FILLINGS = [10, 300, 9000, 10, 5000, 40_000];

/** The `i`-th append of a writer: one to four events, the same ids, marks and bytes in every attempt. */
export function trialAppend(writer: number, i: number): StreamAppend {
  const count = 1 + (i % 4);
  const filling = FILLINGS[i % FILLINGS.length] as number;
  const events = marksOf(writer, i).map((mark, j) => ({
    id: writerEventId(writer, i * 10 + j),
    type: "test.counted",
    data: { mark, count, filling: "é ".repeat(filling / 2) },
  }));
  return { stream: `session-${(writer + i) % 3}`, events };
}

/** What names the events of that append for the oracle, whatever ids a store gives them. */
export function marksOf(writer: number, i: number): string[] {
  return Array.from({ length: 1 + (i % 4) }, (_, j) => `${writer}/${i}/${j}`);
}

/** What a worker says of one attempt of an append. */
export type Said =
  | { readonly writer: number; readonly i: number; readonly hashes: readonly string[] }
  | { readonly writer: number; readonly i: number; readonly code: string; readonly hint: boolean };

/** Attempts of an append that fails: a disk that failed once works the second time. */
const MAX_ATTEMPTS = 3;

/**
 * Makes the appends `from` to `to` (inclusive) of a writer. One that fails is tried again with the same ids through a log
 * that was opened anew, as its errors advise. `say` hears of every attempt before the next one begins.
 */
export async function appendStubbornly(
  open: () => Promise<EventLog>,
  { writer, from, to }: { writer: number; from: number; to: number },
  say: (said: Said) => void,
): Promise<void> {
  let log: EventLog | undefined;
  for (let i = from; i <= to; i++) {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        log ??= await open();
        const { events } = await log.append(trialAppend(writer, i), ACTOR);
        say({ writer, i, hashes: events.map(({ hash }) => hash) });
        break;
      } catch (error) {
        const { code, hint, message } = error as { code?: string; hint?: unknown; message: string };
        say({ writer, i, code: code ?? message, hint: typeof hint === "string" });
        await log?.close();
        log = undefined;
      }
    }
  }
  await log?.close();
}
