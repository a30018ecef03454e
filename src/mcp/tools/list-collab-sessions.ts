import * as z from "zod";
import { SESSION_STATUSES } from "../../../projections/collab-events.js";
import { defined } from "../../defined.js";
import { atOneOffset } from "../at-one-offset.js";
import { cliLine } from "../cli-line.js";
import { askedOf } from "../collab-inputs.js";
import { sessionItem } from "../collab-items.js";
import { fittingPage } from "../fitting-page.js";
import * as inputs from "../inputs.js";
import { decodeCursor, encodeCursor } from "../page.js";
import { defineTool } from "../tool.js";

const item = z.looseObject({
  session: z.string(),
  title: z.string(),
  status: z.string(),
  last_activity: z.string(),
  last_actor: z.string(),
});

export const listCollabSessions = defineTool({
  name: "list_collab_sessions",
  title: "List collaborative sessions",
  description:
    "The sessions in which people and agents work together, the last active first, with status, participants and how much is in them. Start here when you do not know a session's id.",
  effect: "reads",
  input: z.object({
    status: z.enum(SESSION_STATUSES).optional().describe("only of this status; default all"),
    text: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('words in id, title or context: word begin* "a phrase" -without'),
    as_of: inputs.asOf,
    limit: inputs.limit,
    cursor: inputs.cursor,
  }),
  output: z.object({ sessions: z.array(item), total: z.number(), next_cursor: inputs.nextCursor }),
  async run({ status, text, as_of, limit, cursor }, context) {
    const asked = askedOf([status, text, as_of]);
    const place = cursor === undefined ? undefined : decodeCursor(cursor, asked);
    const asOf = place?.head ?? (as_of === undefined ? undefined : await inputs.offsetOf(context, as_of));
    const filter = {
      ...defined({ status, search: text }),
      ...(place?.own === undefined ? {} : { cursor: place.own }),
      total: true,
    };
    const { offset, value } = await atOneOffset(context, asOf, (at) =>
      fittingPage(
        (count) => context.collab.sessions.list({ ...filter, ...at, limit: count }),
        limit,
        (found) => found.map(sessionItem),
      ),
    );
    const after = (place?.after ?? 0) + value.items.length;
    return {
      offset,
      cli: cliLine(
        context,
        ...["collab", "list", ...(status === undefined ? ["--all"] : ["--status", status])],
        ["--search", text],
        ["--as-of", as_of ?? place?.head],
        "--json",
      ),
      sessions: value.items,
      total: value.total,
      ...(value.next === null ? {} : { next_cursor: encodeCursor({ head: offset, after, own: value.next, asked }) }),
    };
  },
});
