import { SessionDbError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { MAX_CHARS_PER_APPEND, type PreparedEvent } from "../log/prepare.js";
import type { SealOutcome } from "../log/seal.js";
import { batchOf } from "./queued-append.js";

type Group = readonly (readonly PreparedEvent[])[];

/** An append that got no answer. */
export interface Lost {
  readonly kind: "away";
  readonly error: unknown;
  /** It was sent. Even where the error says that nothing was written, the replay does not rely on that. */
  readonly unsure: boolean;
}

export type Sent = SealOutcome | Lost;

/**
 * Sends a group of appends to the server's log, in its order. What is called in one turn the log takes as one group, up to a
 * size; so that nothing overtakes an append that gets no answer, each wave stays below that size, and after the first append
 * without an answer nothing more is sent.
 */
export async function sendGroup(server: EventLog, group: Group, isAway: (error: unknown) => boolean): Promise<Sent[]> {
  const sent: Sent[] = [];
  let lost: Sent | undefined;
  for (const wave of waves(group)) {
    if (lost?.kind === "away") {
      const { error } = lost;
      sent.push(...wave.map((): Sent => ({ kind: "away", error, unsure: false })));
      continue;
    }
    const answers = await Promise.all(wave.map((append) => sendOne(server, append, isAway)));
    lost = answers.find(({ kind }) => kind === "away");
    sent.push(...answers);
  }
  return sent;
}

async function sendOne(
  server: EventLog,
  append: readonly PreparedEvent[],
  isAway: (error: unknown) => boolean,
): Promise<Sent> {
  try {
    const { events, repeated } = await server.append(batchOf(append), { actor: "outbox" });
    // Ids that were made for this append stand in the log because an attempt of its own has put them there.
    const isOwn = append.every(({ fresh }) => fresh);
    return { kind: repeated && !isOwn ? "repeated" : "sealed", events: [...events] };
  } catch (error) {
    if (isAway(error)) return { kind: "away", error, unsure: true };
    if (error instanceof SessionDbError) return { kind: "refused", error };
    throw error;
  }
}

function* waves(group: Group): Generator<Group, void, undefined> {
  let wave: (readonly PreparedEvent[])[] = [];
  let room = MAX_CHARS_PER_APPEND;
  for (const append of group) {
    const chars = append.reduce((sum, { dataText, metaText }) => sum + dataText.length + metaText.length, 0);
    if (wave.length > 0 && chars > room) {
      yield wave;
      wave = [];
      room = MAX_CHARS_PER_APPEND;
    }
    wave.push(append);
    room -= chars;
  }
  if (wave.length > 0) yield wave;
}
