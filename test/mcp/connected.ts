import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { bundledProgram } from "../support/bundled-program.js";
import { cleanUp } from "../support/clean-up.js";

/** What a tool answered, as a client sees it. */
export interface Answered {
  readonly isError: boolean;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asks for
  readonly data: any;
}

/** A real client that has started `sessiondb mcp` as its own process, as agents do. */
export async function connected(url: string, ...options: readonly string[]) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [bundledProgram("cli", "dist/cli/sessiondb.js"), "mcp", "--store", url, ...options],
    stderr: "pipe",
  });
  let stderr = "";
  transport.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const client = new Client({ name: "test", version: "1.0.0" });
  cleanUp(() => client.close());
  await client.connect(transport);
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<Answered> => {
    const result = await client.callTool({ name, arguments: args });
    const [first] = result.content as { text: string }[];
    return { isError: result.isError === true, text: first?.text ?? "", data: result.structuredContent };
  };
  return { client, call, stderr: () => stderr };
}
