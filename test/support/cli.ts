import { spawn } from "node:child_process";
import { bundledProgram } from "./bundled-program.js";
import { cleanUp } from "./clean-up.js";
import { Worker } from "./worker.js";

export interface CliOptions {
  readonly command?: "sessiondb" | "minsky";
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Default: nothing, at its end at once. */
  readonly stdin?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line of the built CLI, as a user's shell would, without a terminal. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { command = "sessiondb", env, cwd, stdin = "" } = options;
  const program = bundledProgram("cli", `dist/cli/${command}.js`);
  const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => undefined); // a command that reads no stdin may have ended before it was written
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Starts one command line that goes on until it is ended; killed at the end of the test, if it still runs. */
export function spawnCli(args: readonly string[], options: Pick<CliOptions, "cwd" | "env"> = {}): Worker {
  const program = bundledProgram("cli", "dist/cli/sessiondb.js");
  const env = { ...process.env, ...options.env };
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const worker = new Worker(spawn(process.execPath, [program, ...args], { cwd: options.cwd, env, stdio }));
  cleanUp(() => worker.kill9());
  return worker;
}
