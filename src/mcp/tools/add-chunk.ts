import { v7 as uuidV7 } from "uuid";
import * as z from "zod";
import { cliLine } from "../cli-line.js";
import { chunkFormat, collabSession, partId } from "../collab-inputs.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

export const addChunk = defineTool({
  name: "add_chunk",
  title: "Say something",
  description:
    "Adds a part to the conversation of a session: what you say, or a summary of what was said. It is written once and never changed.",
  effect: "changes",
  input: z.object({
    session: collabSession,
    chunk: partId
      .optional()
      .describe("its id, where you need to know it again after an answer that was lost; default a new one"),
    text: z.string().min(1),
    format: chunkFormat.default("dialogue"),
    participants: z.array(z.string().min(1).max(1_000)).max(100).default([]).describe("who is heard in it"),
    reason: reason.optional(),
  }),
  output: z.object({ session: z.string(), chunk: z.string(), chars: z.number() }),
  async run({ session, chunk = uuidV7(), text, format, participants, reason }, context) {
    const note = reason === undefined ? {} : { reason };
    const { chars, contentOffset } = await context.collab.chunks.add(
      session,
      chunk,
      { content: text, format, participants },
      note,
    );
    const cli = cliLine(context, "collab", "chunk", "show", session, chunk);
    return { offset: contentOffset, cli, session, chunk, chars };
  },
});
