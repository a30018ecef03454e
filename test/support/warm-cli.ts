import { bundledProgram } from "./bundled-program.js";
import { cleanUpWithFile } from "./clean-up.js";
import { type CliOptions, type CliResult, runCli as runAlone } from "./cli.js";
import { CommandHost } from "./command-host.js";

/** What the loader, Node or a package reads once, when the process starts: a line that sets one of these gets a process of its own. */
const READ_AT_START = ["LD_PRELOAD", "NODE_OPTIONS", "FORCE_COLOR", "NO_COLOR", "TZ"];

/** The one of this test file. */
let host: CommandHost | undefined;

/**
 * Runs one command line of the built CLI and answers as runCli of cli.js does, in a process that has run others before it:
 * a tenth of the processor time. For tests of what a command answers. What a test says about a process (its start, its
 * signals, its memory) is said with cli.js. Lines at the same time are processes of their own, as users' are.
 */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { command = "sessiondb", env, cwd = process.cwd(), stdin = "" } = options;
  const needsStart = READ_AT_START.some((name) => env !== undefined && name in env);
  if (needsStart || host?.isBusy === true) return runAlone(args, options);
  const program = bundledProgram("cli", `dist/cli/${command}.js`);
  if (host === undefined || host.hasEnded) host = startedHost();
  return host.run({ program, args, cwd, env: { ...process.env, ...env }, stdin });
}

function startedHost(): CommandHost {
  const started = new CommandHost();
  cleanUpWithFile(() => started.close());
  return started;
}
