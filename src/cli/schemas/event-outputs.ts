import * as z from "zod";
import {
  count,
  filter,
  hash,
  json,
  type OutputSchema,
  offset,
  output,
  patch,
  store,
  tailSignature,
  time,
  version,
} from "./parts.js";

const item = z.object({
  offset,
  stream: z.string(),
  session: z.string().nullable(),
  version,
  type: z.string(),
  time,
  actor: z.string(),
  reason: z.string().nullable(),
  patch: patch.optional().describe("what it did to the record of its session; no session is the document null"),
  data: json.optional().describe("of an event that is about no session's record"),
  redacted: z.literal(true).optional(),
});

/** Everything that is stored of one event. */
const event = z.object({
  offset,
  commit: offset,
  version,
  recordedAt: time,
  id: z.string(),
  stream: z.string(),
  type: z.string(),
  actor: z.string(),
  meta: z.looseObject({}),
  data: json.optional(),
  salt: z.string().optional(),
  dataHash: hash.optional().describe("of an event whose data was erased"),
  hash,
});

const entry = z.object({
  offset,
  version,
  recordedAt: time,
  actor: z.string(),
  type: z.string(),
  stream: z.string(),
  session: z.string().optional(),
  reason: z.string().optional(),
  paths: z.array(z.string()),
  redacted: z.boolean(),
});

const group = z.object({
  key: z.string().nullable(),
  events: count,
  sessions: count,
  otherStreams: count.describe("different streams that are no sessions"),
  paths: z.array(z.string()),
  last: time,
  lastOffset: offset,
});

const place = z.object({ offset, hash: z.string() });
const range = z.object({ from: offset, to: offset });

export const EVENT_OUTPUTS: readonly OutputSchema[] = [
  output("events-list/1", ["events list"], { offset, items: z.array(item) }, item),
  output("events-show/1", ["events show"], { offset, event, prevHash: hash, chainOk: z.boolean() }),
  output("events-export/1", ["events export"], {
    offset,
    file: z.string(),
    events: count,
    lastOffset: offset,
    lastHash: z.string(),
  }),
  output(
    "audit/1",
    ["audit"],
    {
      store,
      offset,
      filter,
      groupBy: z.string().optional(),
      groups: count.optional(),
      items: z.array(z.union([entry, group])),
      total: count,
      sessions: count,
      otherStreams: count.describe("different streams that are no sessions"),
      first: offset.nullable(),
      last: offset.nullable(),
      verified: range.nullable(),
    },
    z.union([entry, group]),
  ),
  output("audit-proof/1", ["audit"], {
    store,
    offset,
    hash,
    file: z.string(),
    filter,
    after: place,
    events: count,
    matched: count,
  }),
  output("audit-check/1", ["audit check"], {
    ok: z.literal(true),
    file: z.string(),
    offset,
    hash,
    store,
    createdAt: time,
    filter,
    after: place,
    events: count,
    matched: count,
    withoutData: count,
    undecided: count,
    signature: tailSignature.optional(),
  }),
];

/** A line of `events tail --ndjson`, which has no document and no end. */
export const TAIL_RECORD = item;
