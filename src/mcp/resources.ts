import { type McpServer, ProtocolError, ProtocolErrorCode, ResourceTemplate } from "@modelcontextprotocol/server";
import { eventItem } from "../inspect/event-item.js";
import { listEvents } from "../inspect/list-events.js";
import { orderSessions } from "../inspect/session-selection.js";
import { aged, stalenessOf } from "../outbox/staleness.js";
import { errorText, jsonText } from "./answer.js";
import { clipToFit, itemsThatFit } from "./clip.js";
import * as inputs from "./inputs.js";
import type { McpContext } from "./mcp-context.js";

/** Sessions that a client is told of without asking, and ids that it is offered while typing. */
const LISTED = 100;

/** `session://ID` now, `session://ID@POINT` then, and `session://ID/log`, the newest events. Ids are percent-encoded. */
export function registerResources(server: McpServer, context: McpContext): void {
  const complete = { id: (typed: string) => idsFrom(context, typed) };
  server.registerResource(
    "session",
    new ResourceTemplate("session://{id}", { list: () => listed(context), complete }),
    {
      title: "A session, now or at a point",
      description: "session://ID or session://ID@POINT",
      mimeType: "application/json",
    },
    (uri, { id }) => answerOfResource(context, uri.href, () => recordOf(context, String(id))),
  );
  server.registerResource(
    "session-log",
    new ResourceTemplate("session://{id}/log", { list: undefined, complete }),
    { title: "The history of a session", description: "its newest events, oldest first", mimeType: "application/json" },
    (uri, { id }) => answerOfResource(context, uri.href, () => historyOf(context, decoded(String(id)))),
  );
}

export function sessionUri(id: string, point?: string | number): string {
  return `session://${encodeURIComponent(id)}${point === undefined ? "" : `@${point}`}`;
}

async function listed({ store }: McpContext) {
  const { documents } = await store.list();
  const newest = orderSessions(documents, "updated").slice(0, LISTED);
  return { resources: newest.map(({ id }) => ({ uri: sessionUri(id), name: id, mimeType: "application/json" })) };
}

async function idsFrom({ store }: McpContext, typed: string): Promise<string[]> {
  const { documents } = await store.list();
  const ids = documents.map(({ id }) => encodeURIComponent(id));
  return ids.filter((id) => id.startsWith(typed)).slice(0, LISTED);
}

async function recordOf(context: McpContext, text: string) {
  const { id, point } = placeIn(text);
  const offset = await inputs.offsetOf(context, point, id);
  const { record, version, updatedAt, lastActor } = await context.store.get(id, { asOf: offset });
  const fitting = clipToFit(record);
  const told = { offset, session: id, version, updated_at: updatedAt, last_actor: lastActor };
  return {
    ...told,
    record: fitting?.value ?? "too large: call get_session with paths",
    clipped: fitting?.clipped ?? true,
  };
}

/** `ID` or `ID@POINT`, both percent-encoded. */
export function placeIn(text: string): { readonly id: string; readonly point: string | undefined } {
  const at = text.lastIndexOf("@");
  if (at === -1) return { id: decoded(text), point: undefined };
  return { id: decoded(text.slice(0, at)), point: decoded(text.slice(at + 1)) };
}

async function historyOf(context: McpContext, id: string) {
  const offset = await inputs.offsetOf(context, undefined);
  const newest = [];
  for await (const event of listEvents(context.log, { sessions: [id] }, { head: offset, limit: LISTED })) {
    newest.push(eventItem(event));
  }
  const { value, clipped } = itemsThatFit(newest.reverse());
  return { offset, session: id, events: [...value].reverse(), clipped, more: newest.length - value.length };
}

export async function answerOfResource({ log }: McpContext, uri: string, read: () => Promise<object>) {
  try {
    return { contents: [{ uri, mimeType: "application/json", text: jsonText(aged(await read(), stalenessOf(log))) }] };
  } catch (error) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, errorText(error, log.url));
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written without encoding
  }
}
