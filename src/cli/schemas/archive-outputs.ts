import * as z from "zod";
import { count, hash, type OutputSchema, offset, output, store, time } from "./parts.js";

const piece = {
  from: offset.describe("of its first event"),
  to: offset.describe("of its last event"),
  before: hash.describe("of the event before the first; 64 zeros before offset 1"),
  hash: hash.describe("of the last event"),
  recordedAt: time.describe("of the last event"),
  streams: count,
  file: z.string().describe("where it was written to"),
  sha256: hash.describe("of the file"),
  bytes: count.describe("of the file"),
};

export const ARCHIVE_OUTPUTS: readonly OutputSchema[] = [
  output("archive/1", ["archive"], {
    store,
    offset,
    hash,
    dryRun: z.boolean(),
    from: offset,
    to: offset.describe("less than `from` where there is nothing to archive"),
    events: count,
    bytes: count.describe("of lines of a JSONL log"),
    archive: z.object(piece).nullable().describe("null with --dry-run, and where there is nothing to archive"),
  }),
  output("archive-list/1", ["archive list"], {
    store,
    offset,
    items: z.array(z.object({ ...piece, foundAt: z.string().nullable().describe("null where it is not at hand") })),
  }),
  output("archive-verify/1", ["archive verify"], { store, offset, ...piece }),
  output("archive-restore/1", ["archive restore"], { store, offset, hash, from: offset, to: offset }),
];
