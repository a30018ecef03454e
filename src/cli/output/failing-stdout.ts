import { writeSync } from "node:fs";
import { EXIT } from "../exit-code.js";

/**
 * `sessiondb log | head` closes the pipe early: that is no failure. Where stderr takes nothing (`2>&1 | head`, a full
 * disk), its remarks are lost and nobody could be told so; a command must not end for that before its work is done. Nor for
 * stdout: what an act does and what a check finds does not hang on who reads. What only prints ends itself, at
 * `endWhereNobodyReads`.
 */
export function quietOnBrokenPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => onFailure(error));
  process.stderr.on("error", () => undefined);
}

/** For a command that has to do something else when stdout fails; an error EPIPE means that nobody reads. */
export function whenStdoutFails(act: (error: NodeJS.ErrnoException) => void): void {
  onFailure = act;
}

/** Ends the program where stdout takes nothing any more: for who has nothing left to do but to print. */
export function endWhereNobodyReads(): void {
  if (hasFailed) process.exit();
}

/** The exit code of a command that ended with `code`: what was done, but could not be printed, is a failure, too. */
export function exitCodeWithStdout(code: number): number {
  return code === EXIT.done ? stdoutCode : code;
}

let hasFailed = false;
let stdoutCode: number = EXIT.done;

/** The failure is told once; every further write fails in the same way. It may come when the command has ended. */
let onFailure = (error: NodeJS.ErrnoException): void => {
  if (hasFailed) return;
  hasFailed = true;
  if (error.code === "EPIPE") return;
  stdoutCode = EXIT.failed;
  writeSync(2, `error OUTPUT_FAILED: ${error.message}\n`);
  process.exitCode = exitCodeWithStdout(Number(process.exitCode ?? EXIT.done));
};
