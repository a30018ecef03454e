import type { AuditOptions } from "../inspect/audit.js";
import type { EventFilter } from "../inspect/event-filter.js";
import type { SigningKey } from "../inspect/signing-key.js";
import { writeProof } from "../inspect/write-proof.js";
import type { EventLog } from "../log/event-log.js";
import { assertSettled } from "./assert-settled.js";
import { counted } from "./audit-printer.js";
import { interruptible } from "./interruptible.js";
import { printable } from "./output/escape.js";
import type { Streams } from "./output/streams.js";

/** `audit --proof FILE`: writes the file and says what is in it. */
export async function exportProof(
  log: EventLog,
  filter: EventFilter,
  file: string,
  options: AuditOptions & { force: boolean; key?: SigningKey },
  streams: Streams,
): Promise<void> {
  assertSettled(log, Math.min((await log.tail()).offset, options.head ?? Number.MAX_SAFE_INTEGER));
  const proof = await interruptible((signal) => writeProof(log, filter, file, { ...options, signal }));
  streams.progress("");
  const { store, after, head, events, matched } = proof;
  if (streams.json) {
    const { offset, hash } = head;
    streams.document({ schema: "audit-proof/1", store, offset, hash, file, filter, after, events, matched });
    return;
  }
  const rest = counted(events - matched, "other event");
  streams.lines([
    printable(`${file}: ${counted(matched, "event")}, and the hashes of ${rest} up to offset ${head.offset}`),
  ]);
  if (proof.signature !== undefined) streams.note(`signed by the key ${proof.signature.key}`);
  streams.note(`head hash ${head.hash}: keep it elsewhere, for sessiondb audit check --expect-head`);
}
