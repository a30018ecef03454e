import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { bundledProgram } from "./bundled-program.js";
import { cleanUp } from "./clean-up.js";
import { linesOf } from "./lines.js";

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface WorkerOptions {
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Largest file that it may write, in the blocks of the shell's `ulimit -f` (512 bytes or 1 KiB). */
  readonly fileBlocks?: number;
  /** Addresses that it may reserve, in KiB (`ulimit -v`). */
  readonly addressKib?: number;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Starts test/workers/`name`.ts as a process of its own. It is killed at the end of the test, if it still runs. */
export function spawnWorker(name: string, args: readonly string[] = [], options: WorkerOptions = {}): Worker {
  const program = bundledProgram(name, `workers/${name}.mjs`);
  const env = { ...process.env, ...options.env };
  const { fileBlocks = "unlimited", addressKib = "unlimited" } = options;
  const limits = `ulimit -f ${fileBlocks}; ulimit -v ${addressKib}`;
  const line = ["-c", `${limits}; exec "$0" "$@"`, process.execPath, program, ...args];
  const worker = new Worker(spawn("sh", line, { env, stdio: ["ignore", "pipe", "pipe"] }));
  cleanUp(() => worker.kill9());
  return worker;
}

/** Runs a worker to its end. @returns the lines that it printed, parsed as JSON */
export async function workerOutput(name: string, args: readonly string[], options?: WorkerOptions): Promise<unknown[]> {
  const worker = spawnWorker(name, args, options);
  const printed: unknown[] = [];
  for await (const line of worker.lines) printed.push(JSON.parse(line));
  const { code, stderr } = await worker.exit;
  if (code !== 0) throw new Error(`worker ${name} ended with ${code}: ${stderr}`);
  return printed;
}

/** A child process whose stdout is read line by line. It stands still when nobody reads and the pipe is full. */
export class Worker {
  /** To be read once. Half a line of a killed process is left out. */
  readonly lines: AsyncIterable<string>;
  /** Settles when the process has ended, whether or not its lines were read. */
  readonly exit: Promise<WorkerExit>;
  readonly #child: Child;
  #stderr = "";

  constructor(child: Child) {
    this.#child = child;
    this.lines = linesOf(child.stdout);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.exit = exitOf(child, () => this.#stderr);
  }

  /** What it has said so far. */
  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits for its first output and reads no more of it: the pipe is closed. In the place of `lines`. */
  async firstBytes(): Promise<void> {
    for await (const _chunk of this.#child.stdout) break;
  }

  kill9(): void {
    this.#child.kill("SIGKILL");
  }

  /** E.g. SIGSTOP and SIGCONT, for a process that is alive and does nothing. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

function exitOf(child: Child, stderr: () => string): Promise<WorkerExit> {
  const stderrClosed = new Promise((resolve) => child.stderr.once("close", resolve));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      void stderrClosed.then(() => resolve({ code, signal, stderr: stderr() }));
    });
  });
}
