import * as z from "zod";
import { type AuditEntry, audit } from "../../inspect/audit.js";
import { auditGroups, GROUP_BY } from "../../inspect/audit-groups.js";
import type { EventFilter } from "../../inspect/event-filter.js";
import { cliLine } from "../cli-line.js";
import { itemsThatFit } from "../clip.js";
import * as inputs from "../inputs.js";
import type { CallContext } from "../mcp-context.js";
import { decodeCursor, encodeCursor } from "../page.js";
import { defineTool } from "../tool.js";

const globs = z.array(z.string().min(1).max(200)).max(20).optional();

const query = z.strictObject({
  sessions: z.array(inputs.session).max(100).optional(),
  actors: globs.describe("globs: agent:*"),
  types: globs.describe("globs: session.*"),
  paths: globs.describe("globs over places in the record: prState.*"),
  since: inputs.point.optional().describe("only what came after this point"),
  until: inputs.point.optional().describe("only what came up to this point, and at it"),
});

type Query = z.output<typeof query>;

const input = z.object({
  query: query.default({}),
  group_by: z.enum(GROUP_BY).optional().describe("count the events by this instead of listing them"),
  limit: inputs.limit,
  cursor: inputs.cursor.describe("next_cursor of the page before; not with group_by"),
});

export const auditTrail = defineTool({
  name: "audit",
  title: "Audit trail",
  description:
    "Who changed what in all sessions, oldest first, or counted by actor, type, path, session or day. The hash chain of what is read is checked on the way.",
  effect: "reads",
  input,
  output: z.object({
    entries: z.array(z.looseObject({ offset: z.number(), actor: z.string(), type: z.string() })).optional(),
    groups: z.array(z.looseObject({ key: z.string().nullable(), events: z.number() })).optional(),
    more: z.number().optional().describe("groups that are not shown"),
    next_cursor: inputs.nextCursor,
  }),
  async run({ query, group_by, limit, cursor }, context) {
    const asked = JSON.stringify([query, group_by]);
    const place = cursor === undefined ? undefined : decodeCursor(cursor, asked);
    const head = place?.head ?? (await inputs.offsetOf(context, undefined));
    const filter = await filterOf(query, context);
    const cli = cliLine(context, ...cliWords(query), ["--group-by", group_by], "--json");
    if (group_by !== undefined) {
      const { groups } = await auditGroups(context.log, filter, group_by, reading(context, head));
      const { value: shown } = itemsThatFit(groups.slice(0, limit));
      const more = groups.length - shown.length;
      return { offset: head, cli, groups: shown, ...(more > 0 ? { more } : {}) };
    }
    const going = place === undefined ? filter : { ...filter, since: place.after };
    const entries = await upTo(audit(context.log, going, reading(context, head)), limit + 1);
    const { value: shown } = itemsThatFit(entries.slice(0, limit));
    const last = shown.at(-1)?.offset;
    const isLast = shown.length === entries.length || last === undefined;
    const next = isLast ? {} : { next_cursor: encodeCursor({ head, after: last, asked }) };
    return { offset: head, cli, entries: shown, ...next };
  },
});

/** A client that takes its question back ends the reading. */
function reading({ signal }: CallContext, head: number) {
  return { head, onRead: () => signal.throwIfAborted() };
}

async function upTo(entries: AsyncIterable<AuditEntry>, count: number): Promise<AuditEntry[]> {
  const taken: AuditEntry[] = [];
  for await (const entry of entries) if (taken.push(entry) === count) break;
  return taken;
}

async function filterOf({ sessions, actors, types, paths, since, until }: Query, context: CallContext) {
  const [only, ...others] = sessions ?? [];
  const counted = others.length === 0 ? only : undefined;
  const ends = {
    since: await inputs.rangeOffset(context, since, counted),
    until: await inputs.rangeOffset(context, until, counted),
  };
  const given = Object.entries({ sessions, actors, types, paths, ...ends }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as EventFilter;
}

function cliWords({ sessions = [], actors = [], types = [], paths = [], since, until }: Query) {
  return [
    "audit",
    ...sessions.map((one) => ["--session", one] as const),
    ...actors.map((one) => ["--actor", one] as const),
    ...types.map((one) => ["--type", one] as const),
    ...paths.map((one) => ["--path", one] as const),
    ["--since", since] as const,
    ["--until", until] as const,
  ] as const;
}
