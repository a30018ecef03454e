import type { CallToolResult, McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import { aged, stalenessOf } from "../outbox/staleness.js";
import { type Answer, answered, failed } from "./answer.js";
import type { CallContext, McpContext } from "./mcp-context.js";

export interface ToolSpec<Input extends z.ZodObject, Output extends z.ZodObject> {
  /** `action_resource`. */
  readonly name: string;
  readonly title: string;
  /** For a model: when to call it, and what comes back. */
  readonly description: string;
  readonly input: Input;
  /** Besides `offset` and `cli`, which every answer has. */
  readonly output: Output;
  /** "changes" appends an event that can be taken back; nothing here destroys. */
  readonly effect: "reads" | "changes";
  run(input: z.output<Input>, context: CallContext): Promise<Answer>;
}

/** A tool without its types: what a toolset is made of. */
export interface Tool {
  readonly name: string;
  readonly effect: "reads" | "changes";
  register(server: McpServer, context: McpContext): void;
}

const common = {
  offset: z.number().int().describe("the answer is true as of this offset of the log"),
  cli: z.string().describe("the command line that answers the same"),
};

/** Errors of the store become answers with isError; the connection goes on. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(spec: ToolSpec<Input, Output>): Tool {
  const { name, title, description, input, output, effect } = spec;
  const reads = effect === "reads";
  const config = {
    title,
    description,
    inputSchema: z.strictObject(input.shape),
    outputSchema: z.looseObject({ ...common, ...output.shape }),
    annotations: { readOnlyHint: reads, destructiveHint: false, idempotentHint: reads, openWorldHint: false },
  };
  const register = (server: McpServer, context: McpContext) => {
    server.registerTool(name, config, async (given, call): Promise<CallToolResult> => {
      try {
        const answer = await spec.run(given as z.output<Input>, { ...context, signal: call.mcpReq.signal });
        return answered(aged(answer, stalenessOf(context.log)));
      } catch (error) {
        return failed(error, context.log.url);
      }
    });
  };
  return { name, effect, register };
}
