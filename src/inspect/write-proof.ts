import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { NewFile } from "../files/new-file.js";
import { assertLog } from "../log/assert-log.js";
import { chainBroken } from "../log/chain-check.js";
import type { EventLog } from "../log/event-log.js";
import { syncFolder } from "../log/sync-folder.js";
import type { ChainPlace } from "./chain-place.js";
import { checkedEvents, tailAt } from "./checked-events.js";
import { type EventFilter, eventMatcher } from "./event-filter.js";
import { filteredRange } from "./filtered-range.js";
import { replacesProof, withProofFile } from "./proof-file.js";
import { encodeEnd, encodeHeader, encodeProven, type ProofHeader, placeOf } from "./proof-lines.js";
import { nothingToSign } from "./sign-tail.js";
import type { SigningKey } from "./signing-key.js";
import { NO_PREVIOUS, signPlace, type TailSignature } from "./tail-signature.js";

export interface WriteProofOptions {
  /** Inclusive: the log as it was then. Default the tail. */
  readonly head?: number;
  /** Replaces a proof that is there; never another file. */
  readonly force?: boolean;
  /** Ends it without a file; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for every event that was written, shown or hidden. */
  readonly onRead?: (offset: number) => void;
  readonly now?: Date;
  /** Signs the head, so that whoever has the public key need not know the head's hash from elsewhere. */
  readonly key?: SigningKey;
}

const PROOF_OPTIONS: KnownOptions<WriteProofOptions> = {
  head: true,
  force: true,
  signal: true,
  onRead: true,
  now: true,
  key: true,
};

export interface WrittenProof extends ProofHeader {
  /** Events in the file, shown or hidden. */
  readonly events: number;
  readonly matched: number;
}

/**
 * Writes the events that match into a file, with what links them to the head of the log, so that {@link checkProof} can do
 * without the log. The file holds no data of other events, but who wrote them, when, of what kind, in which stream and
 * their meta: the hashes cannot be recomputed without these.
 *
 * It appears when it is complete, with mode 0600. Memory grows with the number of streams, not of events.
 *
 * @throws RefusedError PROOF_EXISTS; StorageError PROOF_FILE_FAILED; IntegrityError CHAIN_BROKEN where the log itself is
 *   not whole; UsageError NOTHING_TO_SIGN; NotFoundError SESSION_NOT_FOUND, UsageError GLOB_INVALID as audit. None of these leaves a file.
 */
export async function writeProof(
  log: EventLog,
  filter: EventFilter,
  path: string,
  options: WriteProofOptions = {},
): Promise<WrittenProof> {
  assertLog(log);
  assertOptions("writeProof", options, PROOF_OPTIONS);
  const { force = false, now = new Date() } = options;
  const matching = eventMatcher(filter);
  const range = await filteredRange(log, filter, options.head);
  const after = placeOf(await tailAt(log, range.from));
  const head = placeOf(await tailAt(log, range.head));
  const unsigned = { store: log.url, createdAt: now.toISOString(), filter, after, head };
  const header =
    options.key === undefined ? unsigned : { ...unsigned, signature: signedHead(head, options.key, log, now) };
  return withProofFile(path, async () => {
    const replaces = await replacesProof(path, force);
    const file = await NewFile.begin(path);
    try {
      const counted = await writeLines(log, file, header, matching, options);
      await file.put(replaces);
      syncFolder(dirname(path));
      return { ...header, ...counted };
    } finally {
      await file.discard();
    }
  });
}

/** It leaves this process only with the whole file, and so only when all that leads to the head was found right. */
function signedHead(head: ChainPlace, key: SigningKey, log: EventLog, now: Date): TailSignature {
  if (head.offset === 0) throw nothingToSign();
  return signPlace(head, key, { store: log.url, now, previous: NO_PREVIOUS });
}

async function writeLines(
  log: EventLog,
  file: NewFile,
  header: ProofHeader,
  matching: ReturnType<typeof eventMatcher>,
  { signal, onRead }: WriteProofOptions,
): Promise<{ events: number; matched: number }> {
  const digest = createHash("sha256");
  const write = async (line: string) => {
    digest.update(line);
    await file.write(line);
  };
  await write(encodeHeader(header));
  let [matched, last] = [0, header.after];
  for await (const event of checkedEvents(log, { ...header.after, recordedAt: "" }, header.head.offset)) {
    signal?.throwIfAborted();
    const shown = matching(event) !== undefined;
    if (shown) matched++;
    last = event;
    await write(encodeProven(event, shown));
    onRead?.(event.offset);
  }
  // Only where the log was cut back and written on meanwhile.
  if (last.hash !== header.head.hash) throw chainBroken(last.offset, "it is another event than when the reading began");
  const counted = { events: header.head.offset - header.after.offset, matched };
  await file.write(encodeEnd({ ...counted, digest: digest.digest("hex") }));
  return counted;
}
