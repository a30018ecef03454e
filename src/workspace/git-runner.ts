import { existsSync } from "node:fs";
import type { SimpleGitOptions } from "simple-git";
import { GitError, NotFoundError, RefusedError, UsageError } from "../errors.js";
import { maskText } from "../log/mask-url.js";
import { gitAdvice } from "./git-advice.js";
import { GIT_VARIABLES, hardEnvironment, hardOptions, QUIET_RECEIVE_PACK } from "./git-hardening.js";
import { ProcessLimits } from "./process-limits.js";

type Env = Readonly<Record<string, string | undefined>>;

/** For what only looks at a repository on this machine. */
export const LOCAL_LIMIT_MS = 60_000;
/** For a word with a server. */
export const REMOTE_LIMIT_MS = 120_000;
/** For a whole history. */
export const CLONE_LIMIT_MS = 30 * 60_000;
const SAID_CHARS = 600;

export interface GitCall {
  /** Must exist. */
  readonly cwd: string;
  /** The command and what follows; values of others stand behind `--end-of-options`, or were checked. */
  readonly args: readonly string[];
  /** Added to git's environment: GIT_DIR and the like. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Default LOCAL_LIMIT_MS, and no other repository is talked to. */
  readonly limitMs?: number;
  readonly remote?: boolean;
  /** Gets what git says while it works, for people. */
  readonly onProgress?: (said: string) => void;
  /** A push: the receiving side, where it is on this machine, runs nothing that its configuration or hooks name. */
  readonly quietReceiver?: boolean;
  /** Ends git; `run` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface GitAnswer {
  /** 0 is success; git's own meaning else. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The one place that runs git, through simple-git's `raw`: it starts the process without a shell, and refuses arguments
 * and variables that make git run something, as a second net under git-hardening.ts. What that file sets on purpose is
 * let through. Its ready-made commands are not used: they read a repository's own configuration.
 */
export class GitRunner {
  readonly #env: Env;
  #spawned = 0;

  /** @param env Default: the environment of this process. Only what git-hardening.ts names is passed on. */
  constructor(env: Env = process.env) {
    this.#env = env;
  }

  /** Processes started so far. */
  get spawned(): number {
    return this.#spawned;
  }

  /** @throws GitError GIT_FAILED where it does not end with 0, and as {@link run} */
  async output(call: GitCall): Promise<string> {
    const answer = await this.run(call);
    if (answer.exitCode === 0) return answer.stdout;
    throw gitFailed(call, answer);
  }

  /**
   * @throws UsageError GIT_MISSING, NotFoundError WORKSPACE_NOT_FOUND, RefusedError GIT_ARGUMENT_REFUSED; UnavailableError
   *   GIT_TIMEOUT, StorageError GIT_OUTPUT_TOO_LARGE and the reason of the signal: git was ended
   */
  async run(call: GitCall): Promise<GitAnswer> {
    if (!existsSync(call.cwd)) throw folderGone(call);
    const { simpleGit } = await import("simple-git");
    const limits = new ProcessLimits(call.limitMs ?? LOCAL_LIMIT_MS, call.signal);
    const result: Ended = { exitCode: -1, stderr: "" };
    try {
      const git = simpleGit({ baseDir: call.cwd, ...optionsOf(call, limits, result) });
      git.env({ ...hardEnvironment(this.#env, call.remote === true), ...call.env });
      git.outputHandler((_command, stdout, stderr) => {
        stdout.on("data", limits.took);
        stderr.on("data", limits.took);
        stderr.on("data", (chunk: Buffer) => call.onProgress?.(lastLine(chunk.toString("utf8"))));
      });
      this.#spawned++;
      const stdout = await Promise.race([git.raw([...hardOptions(), ...argsOf(call)]), limits.overdue]);
      return { ...result, stdout };
    } catch (cause) {
      limits.throwIfEnded(call.args[0] ?? "");
      throw (cause as { plugin?: unknown }).plugin === "unsafe" ? refused(call, cause) : notStarted(call, cause);
    } finally {
      limits.clear();
    }
  }
}

/** @returns what git said, its last lines, fit for a message */
export function saidBy({ stderr }: GitAnswer): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => /^(fatal|error|remote|warning|hint: |!)/.test(line.trim()));
  const told = lines.length === 0 ? stderr.trim() : lines.join("; ");
  return maskText(told.slice(-SAID_CHARS));
}

export function gitFailed(call: GitCall, answer: GitAnswer, hint?: string): GitError {
  const message = `git ${call.args[0]} ended with ${answer.exitCode}`;
  const said = saidBy(answer);
  const advice = gitAdvice(said) ?? hint ?? "see what git says, and try the same by hand";
  return new GitError(message, answer.exitCode, said, advice);
}

const OPTIONS: Partial<SimpleGitOptions> = {
  allowEnvironment: GIT_VARIABLES,
  completion: { onClose: true, onExit: false },
  trimmed: false,
  // Only what git-hardening.ts and the neutral repository set themselves.
  unsafe: {
    allowUnsafeFsMonitor: true,
    allowUnsafeHooksPath: true,
    allowUnsafePager: true,
    allowUnsafeAskPass: true,
    allowUnsafeDiffExternal: true,
    allowUnsafeProtocolOverride: true,
    allowUnsafeSshCommand: true,
    allowUnsafeConfigPaths: true,
  },
};

interface Ended {
  exitCode: number;
  stderr: string;
}

/** simple-git takes a failure for what git prints; here each exit code is an answer, and only no exit code is a failure. */
function optionsOf(
  { stdin, quietReceiver }: GitCall,
  { signal }: ProcessLimits,
  ended: Ended,
): Partial<SimpleGitOptions> {
  const errors: SimpleGitOptions["errors"] = (error, { exitCode, stdErr }) => {
    Object.assign(ended, { exitCode, stderr: Buffer.concat(stdErr).toString("utf8") });
    if (exitCode >= 0 && !signal.aborted) return undefined;
    return error instanceof Error ? error : new Error("git was ended");
  };
  const input = stdin === undefined ? {} : { input: () => stdin };
  const unsafe = { ...OPTIONS.unsafe, allowUnsafePack: quietReceiver === true };
  return { ...OPTIONS, ...input, abort: signal, errors, unsafe };
}

function argsOf({ args, quietReceiver }: GitCall): readonly string[] {
  const [command = "", ...rest] = args;
  return quietReceiver === true ? [command, `--receive-pack=${QUIET_RECEIVE_PACK}`, ...rest] : args;
}

function lastLine(said: string): string {
  return said.split(/[\r\n]+/).findLast((line) => line.trim() !== "") ?? "";
}

function folderGone({ cwd }: GitCall): NotFoundError {
  return new NotFoundError("WORKSPACE_NOT_FOUND", `there is no folder ${cwd}`, {
    hint: "sessiondb session repair tells what is missing",
  });
}

/** The second net caught what no check before it did. */
function refused(call: GitCall, cause: unknown): RefusedError {
  return new RefusedError("GIT_ARGUMENT_REFUSED", `git ${call.args[0]} was not started: it might run a program`, {
    hint: "give plain names of branches and addresses of repositories",
    cause,
  });
}

function notStarted(call: GitCall, cause: unknown): UsageError {
  return new UsageError("GIT_MISSING", `git ${call.args[0]} could not be started`, {
    hint: "install git 2.38 or newer, so that `git --version` answers",
    cause,
  });
}
