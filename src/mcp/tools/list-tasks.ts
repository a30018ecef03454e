import * as z from "zod";
import { TASK_STATUSES } from "../../../projections/collab-events.js";
import { defined } from "../../defined.js";
import { atOneOffset } from "../at-one-offset.js";
import { cliLine } from "../cli-line.js";
import { askedOf, collabSession, partId } from "../collab-inputs.js";
import { taskItem } from "../collab-items.js";
import { fittingPage } from "../fitting-page.js";
import * as inputs from "../inputs.js";
import { decodeCursor, encodeCursor } from "../page.js";
import { defineTool } from "../tool.js";

export const listTasks = defineTool({
  name: "list_tasks",
  title: "List tasks",
  description:
    "Tasks in the order of the queue: the highest priority first, then the oldest. Tells who holds each until when, and what failed. What is to be done stands in get_task.",
  effect: "reads",
  input: z.object({
    session: collabSession.optional().describe("only of this session; default all"),
    agent: partId.optional().describe("only of this agent"),
    status: z.enum(TASK_STATUSES).optional().describe("only of this status; default all"),
    as_of: inputs.asOf,
    limit: inputs.limit,
    cursor: inputs.cursor,
  }),
  output: z.object({
    tasks: z.array(z.looseObject({ task: z.string(), agent: z.string(), status: z.string(), attempts: z.number() })),
    total: z.number(),
    clipped: z.boolean(),
    next_cursor: inputs.nextCursor,
  }),
  async run({ session, agent, status, as_of, limit, cursor }, context) {
    const asked = askedOf(["tasks", session, agent, status, as_of]);
    const place = cursor === undefined ? undefined : decodeCursor(cursor, asked);
    const asOf = place?.head ?? (as_of === undefined ? undefined : await inputs.offsetOf(context, as_of));
    const filter = {
      ...defined({ session, agentName: agent, status }),
      ...(place?.own === undefined ? {} : { cursor: place.own }),
      total: true,
    };
    const { offset, value } = await atOneOffset(context, asOf, (at) =>
      fittingPage(
        (count) => context.collab.tasks.list({ ...filter, ...at, limit: count }),
        limit,
        (found) => found.map(taskItem),
      ),
    );
    const { items, clipped, total, next } = value;
    const after = (place?.after ?? 0) + items.length;
    const options = [
      ["--session", session],
      ["--agent", agent],
      ["--status", status],
      ["--as-of", as_of ?? place?.head],
    ] as const;
    return {
      offset,
      cli: cliLine(context, "collab", "task", "list", ...options, "--json"),
      ...{ tasks: items, total, clipped },
      ...(next === null ? {} : { next_cursor: encodeCursor({ head: offset, after, own: next, asked }) }),
    };
  },
});
