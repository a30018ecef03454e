import * as z from "zod";
import { IntegrityError } from "../errors.js";
import type { NewEvent, SealedEvent } from "../log/event.js";
import type { ExpectedVersion } from "../log/expected-version.js";
import { bodyTextOf, dataHashOf, sha256Hex } from "../log/hash-chain.js";
import type { PreparedEvent, StreamAppend } from "../log/prepare.js";

/**
 * One append that waits, or that was refused later, as it stands in the outbox's own log: an append of its events as they
 * are, with one event before them that says what else is to be known.
 *
 *   stream "outbox"  type "outbox.append"  data {"expected":[3,null],"madeIds":true,"unsure":false,"why":"CONNECT_REFUSED"}
 *   … its events, with their own ids, streams, types, actors, data and meta
 */
export interface QueuedAppend {
  /** Offset of its last event in the outbox's own log. */
  readonly last: number;
  readonly queuedAt: string;
  readonly note: QueueNote;
  /** As they were when the append was made; `expectedVersion` on the first event of each part. */
  readonly events: readonly PreparedEvent[];
}

const noteSchema = z.object({
  /** Of each event: what its writer expected of its stream; null where it is not the first of a part. */
  expected: z.array(z.union([z.int().min(0), z.literal("any"), z.literal("exists"), z.null()])),
  /** The ids were made for this append, so nobody else can repeat it. */
  madeIds: z.boolean(),
  /** The server may have taken it: it went away before it answered. */
  unsure: z.boolean(),
  /** Why it was not sent: the code of an error. */
  why: z.string(),
  /** What the server's log answered, for an append that was refused. */
  refused: z.object({ code: z.string(), message: z.string(), at: z.string(), queuedAt: z.string() }).optional(),
});

export type QueueNote = z.infer<typeof noteSchema>;

const STREAM = "outbox";
const TYPE = "outbox.append";
const ACTOR = "outbox";

/** For the outbox's own log. The note's id follows from the events', so that the same append can stand there only once. */
export function storedForm(events: readonly PreparedEvent[], note: QueueNote): StreamAppend[] {
  const head: NewEvent = { id: noteId(events), type: TYPE, actor: ACTOR, data: note };
  const parts = events.map((event) => ({ stream: event.stream, events: [asNew(event)] }));
  return [{ stream: STREAM, events: [head] }, ...parts];
}

/** What `storedForm` was made of. @throws IntegrityError OUTBOX_DAMAGED */
export function queuedAppend(stored: readonly SealedEvent[]): QueuedAppend {
  const [head, ...events] = stored;
  const { data: note, error } = noteSchema.safeParse(head?.type === TYPE ? head.data : undefined);
  if (head === undefined || error !== undefined || note.expected.length !== events.length) {
    throw new IntegrityError("OUTBOX_DAMAGED", "an append of the outbox has no note in front of it", {
      ...(head === undefined ? {} : { offset: head.offset }),
      hint: "something else has written to this file; it stays as it is",
      cause: error,
    });
  }
  const prepared = events.map((event, i) => preparedAgain(event, note.expected[i] ?? undefined));
  return { last: stored.at(-1)?.offset ?? 0, queuedAt: head.recordedAt, note, events: prepared };
}

/** For a log: parts as the writer named them, each with what it expects. */
export function batchOf(
  events: readonly PreparedEvent[],
  form: (event: PreparedEvent) => NewEvent = asNew,
): StreamAppend[] {
  const batch: { stream: string; expectedVersion: ExpectedVersion; events: NewEvent[] }[] = [];
  for (const event of events) {
    const part = batch.at(-1);
    if (part === undefined || part.stream !== event.stream || event.expectedVersion !== undefined) {
      batch.push({ stream: event.stream, expectedVersion: event.expectedVersion ?? "any", events: [form(event)] });
    } else part.events.push(form(event));
  }
  return batch;
}

/** The same event, to be appended with its id. */
export function asNew({ id, type, actor, dataText, metaText }: PreparedEvent): NewEvent {
  return { id, type, actor, data: JSON.parse(dataText), meta: JSON.parse(metaText) };
}

export function idsOf(events: readonly PreparedEvent[]): string[] {
  return events.map(({ id }) => id);
}

function preparedAgain(event: SealedEvent, expectedVersion: ExpectedVersion | undefined): PreparedEvent {
  const { id, stream, type, actor, metaText } = event;
  const [dataText, salt] = [event.dataText ?? "null", event.salt ?? ""];
  const bodyText = bodyTextOf({ actor, dataHash: dataHashOf(salt, dataText), id, metaText, stream, type });
  return { id, stream, type, actor, dataText, metaText, salt, bodyText, expectedVersion, fresh: false };
}

function noteId(events: readonly PreparedEvent[]): string {
  const hex = sha256Hex(`outbox.append\n${idsOf(events).join("\n")}`);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
