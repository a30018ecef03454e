import * as z from "zod";
import type { SessionDocument } from "../../../projections/sessions.js";
import { orderSessions, SESSION_ORDERS, selectSessions } from "../../inspect/session-selection.js";
import type { DatabaseQueryOptions } from "../../session/database-storage.js";
import { querySessions } from "../../session/query-sessions.js";
import { cliLine } from "../cli-line.js";
import { itemsThatFit } from "../clip.js";
import * as inputs from "../inputs.js";
import { decodeCursor, encodeCursor } from "../page.js";
import { defineTool } from "../tool.js";

const filter = z
  .strictObject({
    text: z
      .string()
      .max(500)
      .optional()
      .describe("in the id, task, branch, repository, title or description; any case"),
    status: z.string().max(200).optional().describe("exactly this status"),
    task: z.string().max(200).optional().describe("this task; #283, 283 and md#283 find each other"),
    repo: z.string().max(500).optional().describe("exactly this repository name"),
    actor: z.string().max(200).optional().describe("glob over who changed it last: agent:*"),
  })
  .optional();

const input = z.object({
  filter,
  order: z
    .enum(SESSION_ORDERS)
    .default("updated")
    .describe("updated, created and events: the most first; session: A to Z"),
  as_of: inputs.asOf,
  limit: inputs.limit,
  cursor: inputs.cursor,
});

const item = z.looseObject({
  session: z.string(),
  version: z.number().describe("events of this session"),
  last_offset: z.number(),
  updated_at: z.string(),
  last_actor: z.string(),
});

export const listSessions = defineTool({
  name: "list_sessions",
  title: "List sessions",
  description:
    "Which sessions there are (or were, with as_of), with status, task, branch and who changed them last. Deleted ones are not in it. Start here when you do not know a session's id.",
  effect: "reads",
  input,
  output: z.object({ sessions: z.array(item), total: z.number(), next_cursor: inputs.nextCursor }),
  async run({ filter = {}, order, as_of, limit, cursor }, context) {
    const asked = JSON.stringify([filter, order, as_of]);
    const place = cursor === undefined ? undefined : decodeCursor(cursor, asked);
    const asOf = place?.head ?? (as_of === undefined ? undefined : await inputs.offsetOf(context, as_of));
    const { documents, offset } = await context.store.list(asOf === undefined ? {} : { asOf });
    const { actor } = filter;
    const fitting = querySessions(documents, fieldsOf(filter)).filter(mentions(filter.text));
    const all = orderSessions(selectSessions(fitting, actor === undefined ? {} : { actor }), order);
    const after = place?.after ?? 0;
    const { value: shown } = itemsThatFit(all.slice(after, after + limit).map(itemOf));
    const end = after + shown.length;
    return {
      offset,
      cli: cliLine(context, "session", "list", ["--as-of", as_of ?? place?.head], ["--sort", order], "--json"),
      sessions: shown,
      total: all.length,
      ...(end < all.length ? { next_cursor: encodeCursor({ head: offset, after: end, asked }) } : {}),
    };
  },
});

const SEARCHED = ["taskId", "branch", "repoName", "repoUrl", "title", "description"];

function fieldsOf({ status, task, repo }: NonNullable<z.output<typeof filter>>) {
  return { status, taskId: task, repoName: repo } as DatabaseQueryOptions; // what is undefined is no condition
}

function mentions(text: string | undefined) {
  const needle = text?.toLowerCase();
  return ({ id, record }: SessionDocument) => {
    if (needle === undefined) return true;
    return [id, ...SEARCHED.map((name) => record[name])].some(
      (value) => typeof value === "string" && value.toLowerCase().includes(needle),
    );
  };
}

function itemOf({ id, version, lastOffset, updatedAt, lastActor, record }: SessionDocument) {
  const { status, taskId, repoName, branch, title } = record;
  const known = Object.entries({ status, taskId, repoName, branch, title }).filter(([, value]) => value != null);
  const written = { version, last_offset: lastOffset, updated_at: updatedAt, last_actor: lastActor };
  return { session: id, ...Object.fromEntries(known), ...written };
}
