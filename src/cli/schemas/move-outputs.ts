import * as z from "zod";
import { journalEntrySchema } from "../../migrate/journal-entry.js";
import { count, hash, json, type OutputSchema, offset, output, shownEvent, store, tail } from "./parts.js";

const streamConflict = z.object({ stream: z.string(), sourceEvents: count, targetEvents: count });

const divergence = z.object({
  lastCommonOffset: offset,
  source: shownEvent,
  target: shownEvent,
  sourceEvents: count,
  targetEvents: count,
  conflicts: z.array(streamConflict),
});

const obstacle = z.object({ code: z.string(), message: z.string(), hint: z.string() });

const migration = journalEntrySchema.extend({
  state: z.enum([...journalEntrySchema.shape.state.options, "interrupted"]),
});

/** Of a preview. */
const planned = {
  targetExists: z.boolean(),
  lastCommonOffset: offset,
  range: z.object({ from: offset, to: offset }),
  unstorable: z.array(z.object({ offset, why: z.string() })),
  unstorableCount: count,
  freeBytes: count.nullable(),
  estimatedMs: z.number(),
  rollbackPoint: tail,
  obstacles: z.array(obstacle),
  risks: z.array(z.string()),
  transformations: z.array(z.string()),
  divergence: divergence.nullable(),
  switches: z.string().nullable().describe("the file of configuration that would be changed"),
};

/** Of a migration that was done. */
const done = {
  id: z.string().nullable().describe("null where nothing was to be done"),
  sourceOffset: offset,
  states: count,
  durations: z.object({ copyMs: z.number(), verifyMs: z.number() }),
  replaced: json,
  rebased: json,
  frozen: tail.nullable(),
  switched: z.string().nullable().describe("the file of configuration that names the target now"),
};

const ends = { from: store, to: store };

/** What every import reports. */
export const importCounts = {
  source: z.string(),
  layout: z.string(),
  read: count,
  imported: count,
  updated: count,
  unchanged: count,
  duplicates: count,
  refused: count,
  repaired: count,
  notes: z.array(
    z.object({
      kind: z.enum(["duplicate", "refused", "repaired", "remark"]),
      place: z.string(),
      id: z.string().optional(),
      why: z.string(),
    }),
  ),
};
const IMPORTS = ["minsky-json", "minsky-sqlite", "minsky-postgres", "ai-webhook", "ai-webhook-postgres"].map(
  (source) => `import ${source}`,
);

export const MOVE_OUTPUTS: readonly OutputSchema[] = [
  output("migrate/1", ["migrate", "migrate to", "migrate resume"], {
    preview: z.boolean(),
    ...ends,
    relation: z.enum(["empty", "prefix", "equal", "ahead", "diverged"]),
    copied: count,
    before: tail,
    offset,
    hash,
    bytes: count,
    sessions: count,
    ...z.object(planned).partial().shape,
    ...z.object(done).partial().shape,
  }),
  output("migrate-verify/1", ["migrate", "migrate to"], {
    ok: z.literal(true),
    ...ends,
    offset,
    sourceOffset: offset,
    lastCommonOffset: offset,
    states: count,
  }),
  output("migration-list/1", ["migrate list"], {
    offset,
    stores: z.array(z.object({ store, offset, unreadable: z.array(z.string()) })),
    items: z.array(migration),
  }),
  output("migration-status/1", ["migrate status"], { offset, migration: migration.nullable() }),
  output("rollback/1", ["rollback"], {
    dryRun: z.boolean(),
    id: z.string(),
    target: store,
    offset,
    events: count,
    base: tail.optional().describe("of a dry run: where it would end"),
    others: count.optional(),
    othersShown: z.array(shownEvent).optional(),
    comesBack: json.optional(),
    state: z.string().optional(),
    hash: hash.optional(),
    savedAs: z.string().nullable().optional(),
    cameBack: count.optional(),
    config: z.object({ file: z.string(), left: z.string().nullable() }).nullable().optional(),
  }),
  output("backup/1", ["backup"], { store, file: z.string(), offset, hash, bytes: count }),
  output("restore/1", ["restore"], {
    dryRun: z.boolean(),
    id: z.string().nullable(),
    file: z.string(),
    to: store,
    before: tail,
    offset,
    hash,
    events: count,
    bytes: count,
    after: tail,
  }),
  output("import/1", IMPORTS, {
    store,
    dryRun: z.boolean(),
    offset,
    ...importCounts,
    remarks: z.array(z.string()),
  }),
  output("export/1", ["export minsky-json", "export csv", "export sql"], {
    store,
    format: z.string(),
    file: z.string(),
    offset,
    sessions: count,
    bytes: count,
    faulty: count,
  }),
];
