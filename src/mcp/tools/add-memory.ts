import * as z from "zod";
import { defined } from "../../defined.js";
import { cliLine } from "../cli-line.js";
import { collabSession, memoryKey, memoryType } from "../collab-inputs.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

export const addMemory = defineTool({
  name: "add_memory",
  title: "Remember something",
  description:
    "Keeps a value under a key of a session, for everybody who works in it. An earlier value of the key stays in its history. Pass expected_version where the new value depends on what you read; 0 where there must be none.",
  effect: "changes",
  input: z.object({
    session: collabSession,
    key: memoryKey,
    type: memoryType.describe("what kind of thing it is"),
    content: z.unknown().describe("any JSON"),
    tags: z.array(z.string().min(1).max(200)).max(100).default([]),
    expected_version: z.number().int().min(0).optional().describe("how many values the key has had; 0: none"),
    reason: reason.optional(),
  }),
  output: z.object({ session: z.string(), key: z.string(), version: z.number().describe("values that it has had") }),
  async run({ session, key, type, content, tags, expected_version, reason }, context) {
    const note = defined({ reason, expectedVersion: expected_version });
    const { version, lastOffset } = await context.collab.memories.set(session, key, { type, content, tags }, note);
    const cli = cliLine(context, "collab", "memory", "show", session, key, ["--as-of", lastOffset]);
    return { offset: lastOffset, cli, session, key, version };
  },
});
