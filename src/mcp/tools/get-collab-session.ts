import * as z from "zod";
import type { Memory } from "../../../projections/collab-memories.js";
import { type CollabOverview, collabOverview } from "../../inspect/collab-overview.js";
import { atOneOffset } from "../at-one-offset.js";
import { cliLine } from "../cli-line.js";
import { clipToFit, itemsThatFit, MAX_ANSWER } from "../clip.js";
import { collabSession, memoryKey } from "../collab-inputs.js";
import { chunkItem, memoryItem, sessionItem, taskItem } from "../collab-items.js";
import * as inputs from "../inputs.js";
import type { CallContext } from "../mcp-context.js";
import { defineTool } from "../tool.js";

export const getCollabSession = defineTool({
  name: "get_collab_session",
  title: "Get a collaborative session",
  description:
    "What you need to join a session: title, context, counters, open tasks, the newest memories and the beginnings of what was said last. Pass memory_keys to read certain memories in their place.",
  effect: "reads",
  input: z.object({
    session: collabSession,
    memory_keys: z.array(memoryKey).min(1).max(20).optional().describe("these memories; default the ten newest"),
    as_of: inputs.asOf,
  }),
  output: z.object({
    session: z.string(),
    record: z.looseObject({ title: z.string(), status: z.string() }),
    counts: z.object({
      chunks: z.record(z.string(), z.number()).describe("by format"),
      memories: z.record(z.string(), z.number()).describe("by type"),
      tasks: z.record(z.string(), z.number()).describe("by status"),
    }),
    open_tasks: z.array(z.looseObject({ task: z.string(), agent: z.string(), status: z.string() })),
    memories: z.array(z.looseObject({ key: z.string(), version: z.number() })),
    said_last: z.array(z.looseObject({ chunk: z.string(), begins: z.string() })),
    clipped: z.boolean(),
    more: z.number().describe("tasks, memories or chunks of these lists that found no room"),
  }),
  async run({ session, memory_keys, as_of }, context) {
    const asOf = as_of === undefined ? undefined : await inputs.offsetOf(context, as_of);
    const { offset, value } = await atOneOffset(context, asOf, async (at) => {
      const overview = await collabOverview(context.log, session, at);
      const memories =
        memory_keys === undefined ? overview.newestMemories : await ofKeys(session, memory_keys, at, context);
      return { overview, memories };
    });
    const cli = cliLine(context, "collab", "show", session, ["--as-of", as_of], "--json");
    return { offset, cli, ...collabAnswer(value.overview, value.memories) };
  },
});

function ofKeys(session: string, keys: readonly string[], at: { asOf?: number }, { collab }: CallContext) {
  return Promise.all([...new Set(keys)].map((key) => collab.memories.get(session, key, at)));
}

/** Each part has room of its own, so that a long memory does not hide the tasks. */
export function collabAnswer(overview: CollabOverview, memories: readonly Memory[]) {
  const { session, chunksByFormat, memoriesByType, tasksByStatus, openTasks, newestChunks } = overview;
  const { context, metadata } = session;
  const said = clipToFit({ context, metadata }, MAX_ANSWER / 8);
  const tasks = itemsThatFit(openTasks.map(taskItem), MAX_ANSWER / 8);
  const remembered = itemsThatFit(memories.map(memoryItem), MAX_ANSWER / 2);
  const chunks = itemsThatFit(newestChunks.map(beginning), MAX_ANSWER / 8);
  const lists = [tasks, remembered, chunks];
  const shown = lists.reduce((sum, { value }) => sum + value.length, 0);
  return {
    session: session.id,
    record: { ...sessionItem(session), ...(said?.value ?? { context: "too large to be shown" }) },
    counts: { chunks: chunksByFormat, memories: memoriesByType, tasks: tasksByStatus },
    open_tasks: tasks.value,
    memories: remembered.value,
    said_last: chunks.value,
    clipped: (said?.clipped ?? true) || lists.some(({ clipped }) => clipped),
    more: openTasks.length + memories.length + newestChunks.length - shown,
  };
}

function beginning(chunk: CollabOverview["newestChunks"][number]) {
  const { extracted: _long, ...item } = chunkItem(chunk);
  return { ...item, begins: chunk.preview };
}
