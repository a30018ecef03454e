import type { Projection } from "../../projections/projection.js";
import type { EventLog } from "../log/event-log.js";
import { sha256Hex } from "../log/hash-chain.js";
import { isBegun, redactionEpoch } from "../log/redaction.js";
import { textBehindDigest, withDigest } from "./digested-text.js";
import type { StreamState } from "./fold-stream.js";
import { PastLog } from "./past-log.js";
import { MAX_SNAPSHOT_CHARS } from "./snapshots.js";

const FORMAT = 1;

/** The state of one stream after the event of its version, which has this hash. */
export interface StreamSnapshot<D extends object> extends StreamState<D> {
  readonly hash: string;
}

/** Where the snapshot of a stream stands. `epoch`: the last redaction; those from before it are where nobody looks. */
export function streamSnapshotName(
  { name, revision }: Projection<object>,
  stream: string,
  epoch: string | null,
): string {
  const after = epoch === null ? "" : `-after-${epoch}`;
  return `snapshots/streams/${name}-r${revision}${after}/${sha256Hex(stream)}`;
}

/** The newest state of one stream that somebody kept. It may not fit the log (any more): compare its hash. */
export async function readStreamSnapshot<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  stream: string,
  epoch: string | null,
): Promise<StreamSnapshot<D> | undefined> {
  try {
    const body = textBehindDigest(await log.sidecar.read(streamSnapshotName(projection, stream, epoch)));
    const { format, stream: of, document, version, hash } = JSON.parse(body ?? "{}");
    return format === FORMAT && of === stream ? { document, version, hash } : undefined;
  } catch {
    return undefined; // somebody else's: it is only a cache
  }
}

/** Keeps a state for the next process. Who may only read the log goes on without; the past keeps nothing. */
export async function keepStreamSnapshot<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  stream: string,
  epoch: string | null,
  { document, version, hash }: StreamSnapshot<D>,
): Promise<void> {
  const text = withDigest(JSON.stringify({ format: FORMAT, stream, version, hash, document }));
  if (text.length > MAX_SNAPSHOT_CHARS) return;
  await keepText(log, streamSnapshotName(projection, stream, epoch), text, epoch);
}

/** @param epoch from before the first event was read that is in the text */
export async function keepText(log: EventLog, name: string, text: string, epoch: string | null): Promise<void> {
  if (log instanceof PastLog || isBegun(epoch)) return; // begun: it may hold what is being erased
  try {
    await log.sidecar.write(name, text);
    // Somebody has erased data meanwhile, and may have looked for snapshots before this one was there.
    if ((await redactionEpoch(log.sidecar)) !== epoch) await log.sidecar.remove(name);
  } catch {
    // Read-only users and full disks cannot keep a cache; the state is right all the same.
  }
}
