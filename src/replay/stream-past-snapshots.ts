import type { Projection } from "../../projections/projection.js";
import type { EventLog } from "../log/event-log.js";
import { textBehindDigest, withDigest } from "./digested-text.js";
import { keepText, type StreamSnapshot, streamSnapshotName } from "./stream-snapshot.js";

const FORMAT = 1;
/** Nearer together they would cost more than the events between them. */
const MIN_SPACING_EVENTS = 1_000;
/** UTF-16 units of all past states of one stream together: whoever wants one of them reads all. */
const MAX_CHARS = 4 * 1024 * 1024;

/**
 * Whether a state at a version is worth keeping, where the one before it is at another: the farther from the end of the
 * stream, the farther apart they are. So there are few, and whoever looks at the last n events folds about as many more.
 */
export function isWorthKeeping(version: number, { before, last }: { before: number; last: number }): boolean {
  return version <= last && version - before >= Math.max(MIN_SPACING_EVENTS, (last - version) / 2);
}

/** In the order of their versions. They may not fit the log (any more): compare their hashes. */
export async function readPastSnapshots<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  stream: string,
  epoch: string | null,
): Promise<StreamSnapshot<D>[]> {
  try {
    const body = textBehindDigest(await log.sidecar.read(nameOf(projection, stream, epoch)));
    const { format, stream: of, states } = JSON.parse(body ?? "{}");
    return format === FORMAT && of === stream ? states : [];
  } catch {
    return []; // somebody else's: it is only a cache
  }
}

/** Keeps states of several versions in the place of those that were kept, as far as they are not too large together. */
export async function keepPastSnapshots<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  stream: string,
  epoch: string | null,
  states: readonly StreamSnapshot<D>[],
): Promise<void> {
  const text = textOf(stream, states);
  if (text !== undefined) await keepText(log, nameOf(projection, stream, epoch), text, epoch);
}

function nameOf(projection: Projection<object>, stream: string, epoch: string | null): string {
  return `${streamSnapshotName(projection, stream, epoch)}-past`;
}

/** Where all are too large, every other one makes room; the last one stays longest. */
function textOf(stream: string, states: readonly StreamSnapshot<object>[]): string | undefined {
  const texts = states.map(({ version, hash, document }) => JSON.stringify({ version, hash, document }));
  let kept = texts;
  while (kept.length > 0 && charsOf(kept) > MAX_CHARS) {
    kept = kept.length === 1 ? [] : kept.filter((_, i) => (kept.length - i) % 2 === 1);
  }
  if (kept.length === 0) return undefined;
  return withDigest(`{"format":${FORMAT},"stream":${JSON.stringify(stream)},"states":[${kept.join(",")}]}`);
}

function charsOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
