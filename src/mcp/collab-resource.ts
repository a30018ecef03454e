import { type McpServer, ResourceTemplate } from "@modelcontextprotocol/server";
import { collabOverview } from "../inspect/collab-overview.js";
import { atOneOffset } from "./at-one-offset.js";
import * as inputs from "./inputs.js";
import type { McpContext } from "./mcp-context.js";
import { answerOfResource, placeIn } from "./resources.js";
import { collabAnswer } from "./tools/get-collab-session.js";

/** Sessions that a client is told of without asking, and ids that it is offered while typing. */
const LISTED = 100;

/** `collab://ID` now, `collab://ID@POINT` then: what get_collab_session answers. Ids are percent-encoded. */
export function registerCollabResource(server: McpServer, context: McpContext): void {
  const complete = { id: (typed: string) => idsFrom(context, typed) };
  server.registerResource(
    "collab",
    new ResourceTemplate("collab://{id}", { list: () => listed(context), complete }),
    {
      title: "A collaborative session, now or at a point",
      description: "collab://ID or collab://ID@POINT",
      mimeType: "application/json",
    },
    (uri, { id }) => answerOfResource(context, uri.href, () => overviewOf(context, String(id))),
  );
}

async function overviewOf(context: McpContext, text: string) {
  const { id, point } = placeIn(text);
  const asOf = point === undefined ? undefined : await inputs.offsetOf(context, point);
  const { offset, value } = await atOneOffset(context, asOf, (at) => collabOverview(context.log, id, at));
  return { offset, ...collabAnswer(value, value.newestMemories) };
}

async function listed({ collab }: McpContext) {
  const { documents } = await collab.sessions.list({ limit: LISTED });
  const resources = documents.map(({ id }) => {
    return { uri: `collab://${encodeURIComponent(id)}`, name: id, mimeType: "application/json" };
  });
  return { resources };
}

async function idsFrom({ collab }: McpContext, typed: string): Promise<string[]> {
  const { documents } = await collab.sessions.list({ limit: 1_000 });
  const ids = documents.map(({ id }) => encodeURIComponent(id));
  return ids.filter((id) => id.startsWith(typed)).slice(0, LISTED);
}
