import { setTimeout as delay } from "node:timers/promises";
import { eventRows } from "../inspect/event-rows.js";
import { Bell } from "../replay/bell.js";
import type { AppendedMessage } from "./answers.js";
import type { LookedAtStore } from "./looked-at-store.js";

/** A message of the feed; `id` is the last offset that the reader then knows of. */
export interface LiveMessage {
  readonly event: "appended" | "status" | "reset";
  readonly id?: string;
  readonly data: string;
}

/** Rows that one message carries; of more appends only the newest are shown, and all are counted. */
const MAX_ROWS = 50;
/** So that a reader of a busy log gets ten messages a second, and not thousands. */
const PAUSE_MS = 100;
/** Something is sent at least so often: a dead connection is noticed, and how old a copy is. */
const HEARTBEAT_MS = 5_000;

/**
 * What was appended behind `after`, then what comes, until the signal ends it. Nothing piles up: a reader that is slow gets
 * fewer and larger steps. A reader that comes back says the id of the last message that it has, and misses nothing.
 *
 * @param after undefined: only what comes from now on
 */
export async function* liveFeed(
  store: LookedAtStore,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<LiveMessage, void, undefined> {
  const { index } = store;
  const bell = new Bell();
  const stop = index.onChange(() => bell.ring());
  const ring = () => bell.ring();
  signal.addEventListener("abort", ring);
  let { generation } = index;
  let sent = after;
  try {
    while (!signal.aborted) {
      bell.arm();
      if (index.generation !== generation || (index.isCaughtUp && (sent ?? 0) > index.columns.count)) {
        [generation, sent] = [index.generation, undefined];
        yield { event: "reset", data: JSON.stringify(await store.status()) };
      }
      const known = index.columns.count;
      if (index.isCaughtUp && sent === undefined) sent = known;
      else if (index.isCaughtUp && sent !== undefined && known > sent) {
        yield { event: "appended", id: String(known), data: JSON.stringify(await appended(store, sent + 1, known)) };
        sent = known;
      }
      const id = sent === undefined ? {} : { id: String(sent) };
      yield { event: "status", ...id, data: JSON.stringify(await store.status()) };
      await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined); // ended: seen by the loop
      await bell.heard(HEARTBEAT_MS);
    }
  } finally {
    stop();
    signal.removeEventListener("abort", ring);
  }
}

async function appended(store: LookedAtStore, from: number, to: number): Promise<AppendedMessage> {
  const first = Math.max(from, to - MAX_ROWS + 1);
  const offsets = Array.from({ length: to - first + 1 }, (_, i) => first + i);
  return { from, to, rows: await eventRows(store.log, offsets).catch(() => []) }; // the status says what is wrong
}
