import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { type Command, Option } from "commander";
import { UsageError } from "../../errors.js";
import { createMcpServer } from "../../mcp/mcp-server.js";
import { TOOLSET_NAMES, type Toolset } from "../../mcp/toolsets.js";
import { type CommandContext, type CommonOptions, collected, examples, leaf, type RunState } from "../command.js";
import { Endings } from "../ending.js";
import { VERSION } from "../version.js";

interface ServeOptions extends CommonOptions {
  allowWrite?: boolean;
  toolset?: Toolset[];
}

export function mcpCommand(state: RunState): Command {
  const toolset = new Option(
    "--toolset <name>",
    "read, audit, write, collab or tasks (repeat for more); default the first three, as far as allowed",
  )
    .choices(TOOLSET_NAMES)
    .argParser((value, before: string[] | undefined) => collected(known(value), before));
  const command = leaf<ServeOptions>(
    state,
    "mcp",
    "serve the store to agents, over stdin and stdout (Model Context Protocol)",
    serve,
  )
    .option("--allow-write", "also the tools that append events; without it there are none")
    .addOption(toolset)
    .addHelpText("after", "\nA client starts it: docs/mcp.md has the block for its configuration.");
  return examples(command, [
    "sessiondb mcp --store sqlite:./s.db",
    "sessiondb mcp --toolset read --store sqlite:./s.db",
    "sessiondb mcp --toolset collab --allow-write --store sqlite:./s.db",
    "sessiondb mcp --toolset tasks --allow-write --store sqlite:./s.db",
  ]);
}

/** stdout is the protocol: everything for people goes to stderr. Ends when the client closes stdin, or by a signal. */
async function serve({ openStore, options, streams }: CommandContext<ServeOptions>): Promise<number | undefined> {
  const { allowWrite = false, toolset, actor, json } = options;
  if (json === true)
    throw new UsageError("ARGUMENT_INVALID", "mcp speaks its own protocol on stdout", { hint: "leave --json out" });
  if (toolset?.includes("write") === true && !allowWrite) {
    throw new UsageError("ARGUMENT_INVALID", "the toolset write needs --allow-write", { hint: "add --allow-write" });
  }
  const log = await openStore({ mustExist: true });
  const served = {
    version: VERSION,
    allowWrite,
    ...(toolset === undefined ? {} : { toolsets: toolset }),
    ...(actor === undefined ? {} : { actor }),
  };
  const endings = new Endings();
  const handle = serveStdio(() => createMcpServer(log, served), {
    onerror: (error) => streams.note(`mcp: ${error.message}`),
  });
  streams.note(
    `serving ${log.url} over stdio${allowWrite ? ", writing allowed" : ", read-only"} · Ctrl-C or end of input ends it`,
  );
  await ended(endings);
  await handle.close();
  endings.release();
  return endings.ending?.exitCode;
}

function ended({ signal }: Endings): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once("end", resolve);
    process.stdin.once("close", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function known(value: string): string {
  if (TOOLSET_NAMES.some((name) => name === value)) return value;
  throw new UsageError("ARGUMENT_INVALID", `there is no toolset ${JSON.stringify(value)}`, {
    hint: `take ${TOOLSET_NAMES.join(", ")}`,
  });
}
