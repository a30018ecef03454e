import { UsageError } from "../errors.js";
import { type PointLike, pointText, resolvePoint, timeOf } from "../inspect/point.js";
import { eventsOf } from "../log/paging.js";
import { checkEventFile, readEventFile } from "../migrate/event-file.js";
import { openLog } from "../open-log.js";

/** A place in a file of events, as it was understood. Times stay times: one before the first event restores nothing. */
export interface RestorePoint {
  readonly asOf: number | Date;
  readonly meaning: string;
}

const IN_LOG = /^(head(~\d{1,15})?|mark:.*)$/is;

/**
 * Understands `42`, `HEAD`, `HEAD~3`, `mark:NAME` and times, each as the log says that the file holds: HEAD is the last
 * event of the file. In a piece of a log, as a rollback saves it, there is no telling what a mark names.
 *
 * @throws UsageError POINT_INVALID; NotFoundError POINT_OUTSIDE, MARK_NOT_FOUND; IntegrityError the file is damaged
 */
export async function resolveRestorePoint(path: string, point: PointLike, now: Date): Promise<RestorePoint> {
  const text = pointText(point);
  if (/^\d+$/.test(text)) return { asOf: Number(text), meaning: `offset ${Number(text)}` };
  if (!IN_LOG.test(text)) {
    const asOf = timeOf(text, now);
    return { asOf, meaning: `as of ${asOf.toISOString()}` };
  }
  const first = await firstOffset(path);
  if (first <= 1) return inWholeLog(path, text, now);
  const back = /^head(?:~(\d+))?$/i.exec(text);
  if (back !== null) {
    const { tail } = await checkEventFile(path);
    return { asOf: tail.offset - Number(back[1] ?? 0), meaning: text.toUpperCase() };
  }
  throw new UsageError("POINT_INVALID", `${path} begins at offset ${first}, so it does not say what ${text} names`, {
    hint: "write an offset or a time",
  });
}

async function firstOffset(path: string): Promise<number> {
  for await (const event of eventsOf(readEventFile(path))) return event.offset;
  return 0;
}

async function inWholeLog(path: string, text: string, now: Date): Promise<RestorePoint> {
  const log = await openLog(`jsonl:${path}`, { readOnly: true });
  try {
    const { offset, meaning } = await resolvePoint(log, text, { now });
    return { asOf: offset, meaning };
  } finally {
    await log.close();
  }
}
