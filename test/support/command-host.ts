import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { CliResult } from "./cli.js";

const PROCESS = fileURLToPath(new URL("command-host-process.js", import.meta.url));

/** What a process of its own would be started with. */
export interface HostedLine {
  /** A built command, e.g. …/dist/cli/sessiondb.js. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: string;
}

interface Answer {
  readonly code: number;
  /** Printed by the process since it was started: pipes and messages arrive in no order. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}

/** A process that runs one command line after the other; command-host-process.js tells how. */
export class CommandHost {
  readonly #child: ChildProcess;
  readonly #stdout = new Printed();
  readonly #stderr = new Printed();
  #answer: Answer | undefined;
  #settle: ((result: CliResult) => void) | undefined;
  #hasEnded = false;

  constructor() {
    const stdio: ["ignore", "pipe", "pipe", "ipc"] = ["ignore", "pipe", "pipe", "ipc"];
    this.#child = spawn(process.execPath, [PROCESS], { stdio });
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#received(this.#stdout, chunk));
    this.#child.stderr?.on("data", (chunk: Buffer) => this.#received(this.#stderr, chunk));
    this.#child.on("message", (answer: Answer) => {
      this.#answer = answer;
      this.#settleWhenComplete();
    });
    this.#child.once("close", (code) => {
      this.#hasEnded = true;
      this.#settleWith(code);
    });
  }

  get isBusy(): boolean {
    return this.#settle !== undefined;
  }

  /** A line may end its process. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Runs the line; the one before has to have ended. */
  run(line: HostedLine): Promise<CliResult> {
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#child.send(line, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  /** Ends it, also in the middle of a line that has not ended. */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await closed;
  }

  #received(printed: Printed, chunk: Buffer): void {
    printed.add(chunk);
    this.#settleWhenComplete();
  }

  #settleWhenComplete(): void {
    const answer = this.#answer;
    if (answer === undefined) return;
    if (this.#stdout.bytes < answer.stdoutBytes || this.#stderr.bytes < answer.stderrBytes) return;
    this.#answer = undefined;
    this.#settleWith(answer.code);
  }

  #settleWith(code: number | null): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.({ code, stdout: this.#stdout.take(), stderr: this.#stderr.take() });
  }
}

/** What has come out of one pipe. */
class Printed {
  /** Since the start. */
  bytes = 0;
  #chunks: Buffer[] = [];

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#chunks.push(chunk);
  }

  /** What has come since it was last taken. */
  take(): string {
    return Buffer.concat(this.#chunks.splice(0)).toString("utf8");
  }
}
