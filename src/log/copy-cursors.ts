import { RefusedError } from "../errors.js";
import type { EventLog } from "./event-log.js";
import { sha256Hex } from "./hash-chain.js";
import type { Sidecar } from "./sidecar.js";

/**
 * How far each copy of a log reaches that somebody keeps elsewhere to go on with while the log is away, as its keeper has said
 * last: `copies/…` in the sidecar, {"keeper":"host /folder","offset":41,"at":"2026-01-31T10:00:00.000Z"}.
 */
export interface CopyCursor {
  /** For people: a machine, and a folder on it. */
  readonly keeper: string;
  /** Its last event; 0 where it has none. */
  readonly offset: number;
  /** When that was said: ISO 8601 UTC, of the keeper's machine. */
  readonly at: string;
}

const PREFIX = "copies/";
/** Who has said nothing for so long has probably gone; where he comes back, he needs the archive's file. */
const SILENCE_DAYS = 30;
const DAY_MS = 86_400_000;

export async function sayCursor(sidecar: Sidecar, cursor: CopyCursor): Promise<void> {
  await sidecar.write(`${PREFIX}${sha256Hex(cursor.keeper).slice(0, 16)}`, JSON.stringify(cursor));
}

/** Those that were said in the last 30 days; a text that is none of these is passed over. */
async function copyCursors(sidecar: Sidecar, now: Date): Promise<CopyCursor[]> {
  const since = new Date(now.getTime() - SILENCE_DAYS * DAY_MS).toISOString();
  const cursors: CopyCursor[] = [];
  for (const name of await sidecar.list(PREFIX)) {
    const cursor = parsed(await sidecar.read(name));
    if (cursor !== undefined && cursor.at >= since) cursors.push(cursor);
  }
  return cursors;
}

/**
 * A copy takes its events from the log: what it has not yet must not be archived.
 *
 * @param to the last offset that is to be archived
 * @throws RefusedError ARCHIVE_UNDELIVERED
 */
export async function assertDelivered({ url, sidecar }: EventLog, to: number, now: Date): Promise<void> {
  const behind = (await copyCursors(sidecar, now)).filter(({ offset }) => offset < to);
  const [first] = behind.sort((a, b) => a.offset - b.offset);
  if (first !== undefined) throw undelivered(url, to, first, behind.length - 1);
}

export function undelivered(url: string, to: number, { keeper, offset, at }: CopyCursor, more = 0): RefusedError {
  const others = more === 0 ? "" : `, and ${more} more are behind`;
  const message = `${url} cannot be archived up to offset ${to} yet: the outbox of ${keeper} had copied up to offset ${offset} at ${at}${others}`;
  return new RefusedError("ARCHIVE_UNDELIVERED", `${message}; nothing was changed`, {
    hint: `let it copy the rest: sessiondb outbox replay, on that machine; or archive less: --before ${offset + 1}; after ${SILENCE_DAYS} days without a word it does not count`,
  });
}

function parsed(text: string | null): CopyCursor | undefined {
  try {
    const { keeper, offset, at } = JSON.parse(text ?? "") as Partial<Record<keyof CopyCursor, unknown>>;
    const isCursor = typeof keeper === "string" && Number.isSafeInteger(offset) && typeof at === "string";
    return isCursor ? { keeper, offset: offset as number, at } : undefined;
  } catch {
    return undefined; // cut, or somebody else's: it names nobody who could be waited for
  }
}
