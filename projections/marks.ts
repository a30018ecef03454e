import * as z from "zod";
import { defineProjection, type FoldEvent } from "./projection.js";

/** All marks of a log are in one stream, so that two that are set at the same time under one name meet. */
export const MARKS_STREAM = "marks";

/** No two dots in a row and none at the end: `mark:a..mark:b` has to be clear. */
const MARK_NAME = /^(?!.*\.\.)(?!.*\.$)[A-Za-z0-9._-]{1,64}$/;

/** A name for a place in the log. */
export interface Mark {
  readonly name: string;
  /** The place is behind this event; 0 is before everything. */
  readonly offset: number;
  /** Of the event at that offset; 64 zeros at 0. */
  readonly hash: string;
  /** Where, when, by whom and why it was set. */
  readonly setOffset: number;
  readonly setAt: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** A list and no object, because `__proto__` is a name like others. In the order in which they were set. */
export interface Marks {
  marks: Mark[];
}

const name = z.string().regex(MARK_NAME);

/** The data of the events. */
export const markEventSchemas = {
  "mark.set": z.object({ name, offset: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  "mark.removed": z.object({ name }),
} as const;

export function isMarkName(text: string): boolean {
  return MARK_NAME.test(text);
}

export const marks = defineProjection<Marks>({
  name: "marks",
  revision: 1,
  idOf: (stream) => (stream === MARKS_STREAM ? MARKS_STREAM : undefined),
  evolve,
  fields: { count: { type: "number", of: (document) => document.marks.length } },
});

/** What is not as declared was written by other means, and is passed over. */
function evolve(document: Marks | null, event: FoldEvent): Marks | null {
  switch (event.type) {
    case "mark.set": {
      const { data } = markEventSchemas["mark.set"].safeParse(event.data);
      return data === undefined ? document : withMark(without(document, data.name), markOf(data, event));
    }
    case "mark.removed": {
      const { data } = markEventSchemas["mark.removed"].safeParse(event.data);
      return data === undefined ? document : without(document, data.name);
    }
    default:
      return document;
  }
}

function markOf(data: { name: string; offset: number; hash: string }, event: FoldEvent): Mark {
  const { offset: setOffset, recordedAt: setAt, actor } = event;
  return { ...data, setOffset, setAt, actor, reason: event.reason() ?? null };
}

function without(document: Marks | null, gone: string): Marks {
  if (document === null) return { marks: [] };
  document.marks = document.marks.filter((mark) => mark.name !== gone);
  return document;
}

function withMark(document: Marks, mark: Mark): Marks {
  document.marks.push(mark);
  return document;
}
