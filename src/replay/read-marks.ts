import { isMarkName, MARKS_STREAM, type Mark, marks } from "../../projections/marks.js";
import { NotFoundError, UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { assertAsOf } from "./assert-offset-in.js";
import { closestNames } from "./closest-names.js";
import { foldStream } from "./fold-stream.js";

export interface MarksAt {
  /** In the order in which they were set. */
  readonly marks: readonly Mark[];
  /** Version of the stream of marks. */
  readonly version: number;
}

/** The marks of a log, now or as they were after `toOffset` (inclusive). @throws NotFoundError POINT_OUTSIDE */
export async function readMarks(log: EventLog, toOffset?: number): Promise<MarksAt> {
  await assertAsOf(log, toOffset);
  const { document, version } = await foldStream(log, marks, MARKS_STREAM, toOffset);
  return { marks: document?.marks ?? [], version };
}

/** @throws UsageError MARK_NAME_INVALID */
export function assertMarkName(name: string): void {
  if (typeof name === "string" && isMarkName(name)) return;
  throw new UsageError(
    "MARK_NAME_INVALID",
    `${typeof name === "string" ? JSON.stringify(name) : typeof name} is no name of a mark`,
    {
      hint: "take 1 to 64 of a-z, A-Z, 0-9, dot, - and _, without two dots in a row or one at the end",
    },
  );
}

/** @throws NotFoundError MARK_NOT_FOUND, with the names that are most like it */
export function markOf({ marks }: MarksAt, name: string): Mark {
  const found = marks.find((mark) => mark.name === name);
  if (found !== undefined) return found;
  const known = closestNames(
    name,
    marks.map((mark) => mark.name),
  );
  throw new NotFoundError("MARK_NOT_FOUND", `there is no mark ${JSON.stringify(name)}`, {
    hint:
      known.length === 0
        ? `run: sessiondb mark add ${name}`
        : `the closest of those that are there: ${known.join(", ")}; all of them: sessiondb mark list`,
  });
}
