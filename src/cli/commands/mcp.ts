import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { type Command, Option } from "commander";
import { defined } from "../../defined.js";
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

/** At a longer message the transport ends the connection, so data that is too large (16 MiB) must fit to be refused. */
const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;

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
    ...defined({ toolsets: toolset, actor }),
  };
  const endings = new Endings();
  let tellTooLong = (_error: UsageError): void => undefined;
  const tooLong = new Promise<UsageError>((resolve) => {
    tellTooLong = resolve;
  });
  const handle = serveStdio(() => createMcpServer(log, served), {
    transport: new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: MAX_MESSAGE_BYTES }),
    onerror: (error) => {
      // The transport reads no further then, and nothing else would keep this process.
      if (error.message.startsWith("ReadBuffer exceeded")) tellTooLong(messageTooLarge(error));
      else streams.note(`mcp: ${briefly(error)}`);
    },
  });
  streams.note(
    `serving ${log.url} over stdio${allowWrite ? ", writing allowed" : ", read-only"} · Ctrl-C or end of input ends it`,
  );
  const failure = await Promise.race([ended(endings), tooLong]);
  await handle.close();
  endings.release();
  if (failure !== undefined) throw failure;
  return endings.ending?.exitCode;
}

function messageTooLarge(cause: Error): UsageError {
  const message = `a message of more than ${MAX_MESSAGE_BYTES / 1024 / 1024} MiB: nothing of it was done, and the connection has ended`;
  return new UsageError("MESSAGE_TOO_LARGE", message, {
    hint: "start the server again; keep large texts in files, and store where they are",
    cause,
  });
}

/** What a parser says is the whole list of what a message might have been instead. */
function briefly({ message, name }: Error): string {
  const isOfParser = name.includes("Zod") || /^\s*\[\s*\{/.test(message);
  return isOfParser ? "a message that is none of JSON-RPC 2.0 was passed over" : message;
}

function ended({ signal }: Endings): Promise<undefined> {
  return new Promise((resolve) => {
    const end = () => resolve(undefined);
    process.stdin.once("end", end);
    process.stdin.once("close", end);
    signal.addEventListener("abort", end, { once: true });
  });
}

function known(value: string): string {
  if (TOOLSET_NAMES.some((name) => name === value)) return value;
  throw new UsageError("ARGUMENT_INVALID", `there is no toolset ${JSON.stringify(value)}`, {
    hint: `take ${TOOLSET_NAMES.join(", ")}`,
  });
}
