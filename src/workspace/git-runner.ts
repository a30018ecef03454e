import { existsSync } from "node:fs";
import type { SimpleGitOptions } from "simple-git";
import { GitError, NotFoundError, RefusedError, StorageError, UnavailableError, UsageError } from "../errors.js";
import { maskText } from "../log/mask-url.js";
import { GIT_VARIABLES, hardEnvironment, hardOptions, QUIET_RECEIVE_PACK } from "./git-hardening.js";

type Env = Readonly<Record<string, string | undefined>>;

/** For what only looks at a repository on this machine. */
export const LOCAL_LIMIT_MS = 60_000;
/** For a word with a server. */
export const REMOTE_LIMIT_MS = 120_000;
/** For a whole history. */
export const CLONE_LIMIT_MS = 30 * 60_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Output that a child of git still holds open after git has ended is not waited for any longer. */
const AFTER_EXIT_MS = 10_000;
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
   * @throws UsageError GIT_MISSING, NotFoundError WORKSPACE_NOT_FOUND, RefusedError GIT_ARGUMENT_REFUSED; UnavailableError GIT_TIMEOUT, StorageError GIT_OUTPUT_TOO_LARGE: git was ended
   */
  async run(call: GitCall): Promise<GitAnswer> {
    const { limitMs = LOCAL_LIMIT_MS, remote = false } = call;
    const { simpleGit } = await import("simple-git");
    const stop = new AbortController();
    let [exitCode, stderr, bytes] = [-1, "", 0];
    const errors: SimpleGitOptions["errors"] = (error, result) => {
      exitCode = result.exitCode;
      stderr = Buffer.concat(result.stdErr).toString("utf8");
      // simple-git takes a failure for what git prints; here each exit code is an answer, and no exit code is none.
      if (exitCode >= 0 && !stop.signal.aborted) return undefined;
      return error instanceof Error ? error : new Error("git was ended");
    };
    if (!existsSync(call.cwd)) throw folderGone(call);
    const git = simpleGit({ baseDir: call.cwd, abort: stop.signal, errors, ...optionsOf(call) });
    git.env({ ...hardEnvironment(this.#env, remote), ...call.env });
    git.outputHandler((_command, stdout, errorOutput) => {
      const count = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes > MAX_OUTPUT_BYTES) stop.abort();
      };
      stdout.on("data", count);
      errorOutput.on("data", count);
      errorOutput.on("data", (chunk: Buffer) => call.onProgress?.(lastLine(chunk.toString("utf8"))));
    });
    const onAbort = () => stop.abort();
    call.signal?.throwIfAborted();
    call.signal?.addEventListener("abort", onAbort);
    const timer = setTimeout(() => stop.abort(), limitMs);
    this.#spawned++;
    try {
      const stdout = await git.raw([...hardOptions(), ...argsOf(call)]);
      return { exitCode, stdout, stderr };
    } catch (cause) {
      call.signal?.throwIfAborted();
      if (bytes > MAX_OUTPUT_BYTES) throw tooLarge(call);
      if (stop.signal.aborted) throw timedOut(call, limitMs);
      throw (cause as { plugin?: unknown }).plugin === "unsafe" ? refused(call, cause) : notStarted(call, cause);
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", onAbort);
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
  return new GitError(message, answer.exitCode, saidBy(answer), hint ?? "see what git says, and try the same by hand");
}

const OPTIONS: Partial<SimpleGitOptions> = {
  allowEnvironment: GIT_VARIABLES,
  completion: { onClose: true, onExit: AFTER_EXIT_MS },
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

function optionsOf({ stdin, quietReceiver }: GitCall): Partial<SimpleGitOptions> {
  const input = stdin === undefined ? {} : { input: () => stdin };
  return { ...OPTIONS, ...input, unsafe: { ...OPTIONS.unsafe, allowUnsafePack: quietReceiver === true } };
}

function argsOf({ args, quietReceiver }: GitCall): readonly string[] {
  const [command = "", ...rest] = args;
  return quietReceiver === true ? [command, `--receive-pack=${QUIET_RECEIVE_PACK}`, ...rest] : args;
}

function lastLine(said: string): string {
  return said.split(/[\r\n]+/).findLast((line) => line.trim() !== "") ?? "";
}

function tooLarge(call: GitCall): StorageError {
  return new StorageError("GIT_OUTPUT_TOO_LARGE", `git ${call.args[0]} printed more than ${MAX_OUTPUT_BYTES} bytes`, {
    hint: "look at the repository: it has far more to tell than expected",
  });
}

function timedOut(call: GitCall, limitMs: number): UnavailableError {
  return new UnavailableError("GIT_TIMEOUT", `git ${call.args[0]} took longer than ${limitMs / 1000} s and was ended`, {
    hint: "check that the repository's server answers, and try again",
  });
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
