import type { TornTail } from "./torn-tail.js";

/** Something that the log did or found and that its user should know. */
export interface LogNotice {
  readonly code: "TORN_TAIL_MOVED" | "TORN_TAIL_IGNORED" | "LINE_END_RESTORED" | "SEGMENT_NOT_BEGUN";
  readonly message: string;
  /** Of a torn tail: `position` is where the torn bytes begin in the log; `savedAs` the file that they were moved to. */
  readonly details?: { readonly bytes: number; readonly position: number; readonly savedAs?: string };
}

export function movedNotice(url: string, { bytes, position, savedAs }: TornTail): LogNotice {
  return {
    code: "TORN_TAIL_MOVED",
    message: `${url}: ${bytes} bytes of an append that was never finished were moved from byte ${position} to ${savedAs}`,
    details: { bytes, position, savedAs },
  };
}

/** @param isUnended whether only the end of its last line is missing */
export function ignoredNotice(url: string, bytes: number, position: number, isUnended: boolean): LogNotice {
  const what = isUnended
    ? "an append that lacks only its line end, which is put back when the log is opened to write"
    : "an append that was never finished";
  return {
    code: "TORN_TAIL_IGNORED",
    message: `${url}: ${bytes} bytes behind byte ${position} are ${what}; they are not read`,
    details: { bytes, position },
  };
}

export function endedNotice(url: string, offset: number): LogNotice {
  return {
    code: "LINE_END_RESTORED",
    message: `${url}: the line of offset ${offset}, the last one, had lost its line end, which was put back; nothing else was missing`,
  };
}

export function notBegunNotice(url: string, error: Error): LogNotice {
  return {
    code: "SEGMENT_NOT_BEGUN",
    message: `${url}: everything was written, but no new segment could be begun (${error.message}); the file grows on`,
  };
}
