import * as z from "zod";
import { SEVERITIES } from "../../inspect/doctor/finding.js";
import { STORE_PARTS } from "../../log/store-exam.js";
import { count, filter, hash, json, type OutputSchema, offset, output, store, tailSignature, time } from "./parts.js";

const fault = z.object({ offset, why: z.string() });

const projectionState = z.object({
  name: z.string(),
  revision: count,
  kind: z.enum(["table", "memory"]),
  offset,
  behind: count,
  documents: count,
  fault: fault.optional(),
});

const projectionCheck = z.object({
  name: z.string(),
  offset,
  documents: count,
  differences: z.array(
    z.object({ id: z.string(), kind: z.enum(["missing", "extra", "different"]), paths: z.array(z.string()) }),
  ),
  differenceCount: count,
});

const source = z.object({
  layer: z.string(),
  name: z.string(),
  file: z.string().optional(),
  line: count.optional(),
});

const setting = z.object({
  key: z.string(),
  value: json,
  source: source.nullable(),
  overridden: z.array(z.object({ value: json, source })),
  problem: z.object({ code: z.string(), message: z.string() }).optional(),
});

const file = z.object({ path: z.string(), exists: z.boolean() });

const finding = z.object({
  check: z.string(),
  code: z.string(),
  severity: z.enum(SEVERITIES),
  what: z.string(),
  why: z.string().nullable(),
  mend: z.object({ kind: z.enum(["command", "sql", "advice"]), text: z.string() }).nullable(),
  fixable: z.boolean(),
});

const fixed = z.object({ check: z.string(), code: z.string(), what: z.string(), done: z.boolean() });

const bytes = count.describe("of lines of a JSONL log");
const amount = { events: count, bytes };

const amountsBy = z.object({
  items: z.array(z.object({ key: z.string(), ...amount })).describe("the largest first, as many as --top says"),
  others: z.object(amount),
  keys: count.nullable().describe("how many there are, others too; null where they are too many to be counted"),
  exact: z.boolean(),
  lacksAtMost: count.describe("bytes that an item may lack where it is not exact"),
});

const counted = z.object({ offset, recordedAt: time }).nullable();

const growth = z.object({ days: count, ...amount, eventsPerDay: z.number(), bytesPerDay: count });

const storage = z
  .object({ bytes: count, parts: z.array(z.object({ part: z.enum(STORE_PARTS), bytes: count })) })
  .nullable()
  .describe(
    "what the store takes on disk now; null with --as-of, for a server that is away, and where nothing is known",
  );

export const STORE_OUTPUTS: readonly OutputSchema[] = [
  output("status/1", ["status"], {
    store,
    decidedBy: z.string(),
    layer: z.string(),
    placeFrom: z.string(),
    offset,
    hash,
    recordedAt: z.string(),
    sessions: count,
    movedTo: z.string().optional().describe("where the log goes on since a cut-over; it takes no more events"),
    reads: z
      .object({
        url: z.string(),
        offset: count.nullable(),
        primaryOffset: count.nullable(),
        fault: z.string().optional(),
      })
      .optional()
      .describe("a standby that is read, how far it and the primary are; null where one cannot be asked"),
  }),
  output("stats/1", ["stats"], {
    store,
    offset,
    filter,
    ...amount,
    dataBytes: count.describe("of data and meta"),
    redacted: count,
    first: counted,
    last: counted,
    types: amountsBy,
    categories: amountsBy,
    streams: amountsBy,
    days: z.array(z.object({ day: z.string().describe("UTC"), ...amount })),
    earlier: z.object(amount).describe("before the first of the days"),
    growth: z.array(growth).describe("the last 7, 30 and 365 days, then all of them"),
    storage,
  }),
  output("verify/1", ["verify"], {
    store,
    ok: z.boolean(),
    verified: count,
    offset,
    hash,
    archivedTo: offset.describe("only what is behind it was checked: the archive is not at hand").optional(),
    fault: z.object({ offset, code: z.string(), message: z.string() }).optional(),
    signed: z
      .object({ signatures: count, last: tailSignature, unsigned: count })
      .describe("with --signed; unsigned: events behind the last signature")
      .optional(),
  }),
  output("key/1", ["key create", "key show"], {
    key: hash,
    privateFile: z.string().optional(),
    publicFile: z.string().optional(),
    file: z.string().optional(),
  }),
  output("sign/1", ["sign"], { ...tailSignature.shape, file: z.string().optional() }),
  output("roles/1", ["roles"], {
    roles: z.object({ owner: z.string(), writer: z.string(), reader: z.string() }),
    sql: z.string(),
  }),
  output("health/1", ["health"], {
    store,
    offset,
    hash,
    recordedAt: z.string(),
    ok: z.boolean(),
    checked: count,
    movedTo: z.string().optional(),
    lag: count.optional(),
    problems: z.array(z.string()),
    ms: count,
  }),
  output("doctor/1", ["doctor"], {
    store: store.nullable().describe("null where the configuration, which names it, cannot be read"),
    offset: offset.nullable().describe("null where the log cannot be read"),
    ok: z.boolean(),
    counts: z.object({ ok: count, warn: count, unknown: count, bad: count }),
    fixes: z.array(fixed),
    items: z.array(finding),
  }),
  output("projection-list/1", ["projection list"], { offset, items: z.array(projectionState) }),
  output("projection-check/1", ["projection check"], { offset, ok: z.boolean(), items: z.array(projectionCheck) }),
  output("projection-rebuild/1", ["projection rebuild"], { offset, items: z.array(projectionState) }),
  output("config-list/1", ["config list"], { items: z.array(setting) }),
  output("config-get/1", ["config get"], { key: z.string(), value: json, source }),
  output("config-set/1", ["config set", "config unset"], {
    key: z.string(),
    value: json,
    file: z.string(),
    layer: z.string(),
    line: count.nullable(),
    overriddenBy: z.string().nullable(),
  }),
  output("config-path/1", ["config path"], { user: file, repository: file }),
];
