import * as z from "zod";
import {
  appended,
  change,
  conflict,
  count,
  hash,
  json,
  type OutputSchema,
  offset,
  output,
  path,
  record,
  setBy,
  time,
  version,
} from "./parts.js";

const session = z.string();

/** RFC 6902, with the tests that --format json-patch puts before each change. */
const fullPatch = z.array(z.looseObject({ op: z.string(), path: z.string() }));

const listed = record.extend({
  version,
  events: count,
  createdOffset: offset,
  lastOffset: offset,
  updatedAt: time,
  lastActor: z.string(),
  lastBy: z.string(),
});

const logged = z.object({
  offset,
  version,
  recordedAt: time,
  actor: z.string(),
  type: z.string(),
  reason: z.string().optional(),
  changes: z.array(change),
  fault: z.string().optional().describe("why the event was passed over"),
});

const side = z.object({ offset, version, recordedAt: time.optional() });

const blamed = z.object({
  path,
  value: json.optional(),
  set: setBy,
  previous: z.object({ value: json.optional(), set: setBy }).optional(),
  removed: z.boolean(),
});

const undone = z.object({
  session,
  source: z.string(),
  undone: z.array(setBy),
  changes: z.array(change),
  conflicts: z.array(conflict),
});

const takenBack = {
  offset,
  dryRun: z.boolean().optional(),
  sessions: z.array(undone),
  items: z.array(appended),
};

const onTrial = z
  .literal(true)
  .optional()
  .describe("with --dry-run: nothing was written, and ids and hashes would be others");

/** They print what they have appended. */
const CHANGING = ["start", "update", "delete", "fork", "approve", "pr create", "pr merge"].map(
  (name) => `session ${name}`,
);

const knownPr = z.object({
  session,
  branch: z.string(),
  exists: z.union([z.boolean(), z.literal("unknown")]),
  status: z.string().nullable(),
  approved: z.boolean().nullable(),
  checkedAt: z.string().nullable(),
  createdAt: z.string().nullable(),
  mergedAt: z.string().nullable(),
});

const workspaceFinding = z.object({
  kind: z.string(),
  session: z.string().nullable(),
  path: z.string(),
  mend: z.string().nullable(),
  hint: z.string().nullable(),
  done: z.boolean(),
});

export const SESSION_OUTPUTS: readonly OutputSchema[] = [
  output("session-list/1", ["session list"], { offset, total: count, items: z.array(listed) }, listed),
  output("session-show/1", ["session show"], {
    offset,
    version,
    lastOffset: offset,
    updatedAt: time,
    lastActor: z.string(),
    record,
    faults: z.array(z.object({ offset, why: z.string() })),
    faultCount: count,
    path: z.string().optional().describe("with --path"),
    value: json.optional().describe("with --path"),
  }),
  output("session-changed/1", CHANGING, {
    session,
    offset: offset.nullable().describe("null where nothing differed: nothing was appended"),
    dryRun: onTrial,
    items: z.array(appended),
  }),
  output("session-log/1", ["session log"], { offset, session, total: count, items: z.array(logged) }),
  output("session-diff/1", ["session diff"], {
    offset,
    session,
    from: side,
    to: side,
    events: count,
    changes: z.array(change.extend({ set: setBy.optional() })),
    jsonPatch: fullPatch.optional().describe("with --format json-patch"),
    mergePatch: json.optional().describe("with --format merge-patch"),
  }),
  output("session-blame/1", ["session blame"], { offset, session, items: z.array(blamed) }),
  output("session-bisect/1", ["session bisect"], {
    offset,
    session,
    good: offset,
    bad: offset,
    steps: count,
    suspects: z.array(setBy.extend({ changes: z.array(change) })),
  }),
  output("session-what-if/1", ["session what-if"], {
    offset,
    skip: z.array(offset),
    set: z.array(z.object({ offset, path, value: json.optional() })),
    session,
    changes: z.array(change),
    record: record.nullable(),
    lost: z.array(setBy.extend({ why: z.string() })),
  }),
  output("session-fork/1", ["session fork"], { offset, session, dryRun: z.literal(true), record }),
  output("session-revert/1", ["session revert"], {
    offset,
    session,
    source: z.string(),
    changes: z.array(change),
    conflicts: z.array(conflict),
    items: z.array(appended),
  }),
  output("session-dir/1", ["session dir"], { offset, session, path: z.string(), worktree: z.boolean().nullable() }),
  output("session-search/1", ["session search"], { offset, total: count, items: z.array(listed) }),
  output("session-repair/1", ["session repair"], {
    offset,
    baseDir: z.string(),
    dryRun: z.boolean(),
    items: z.array(workspaceFinding),
  }),
  output("session-pr/1", ["session pr show"], {
    offset,
    session,
    branch: z.string(),
    exists: z.union([z.boolean(), z.literal("unknown")]),
    source: z.enum(["cache", "remote", "workspace", "nobody"]),
    checkedAt: z.string().nullable(),
    createdAt: z.string().nullable(),
    mergedAt: z.string().nullable(),
  }),
  output("session-pr-list/1", ["session pr list"], { offset, total: count, items: z.array(knownPr) }),
  output("undo/1", ["undo"], takenBack),
  output("redo/1", ["redo"], takenBack),
  output("mark-add/1", ["mark add"], { offset, dryRun: onTrial, mark: markSchema() }),
  output("mark-list/1", ["mark list"], { offset, items: z.array(markSchema()) }),
  output("mark-rm/1", ["mark rm"], { offset, dryRun: onTrial, removed: markSchema() }),
];

function markSchema() {
  return z.object({
    name: z.string(),
    offset,
    hash,
    setOffset: offset,
    setAt: time,
    actor: z.string(),
    reason: z.string().nullable(),
  });
}
